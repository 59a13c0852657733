using System.Net;
using System.Text.Json;
using IdentityProvider.Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Endpoints.Discovery;

/// <summary>OpenID Connect Discovery §4, RFC 8414 §3, RFC 7517.</summary>
[Collection(ProviderCollection.Name)]
public sealed class DiscoveryTests(Provider provider)
{
    private const string OpenId = "/.well-known/openid-configuration";
    private const string OAuth = "/.well-known/oauth-authorization-server";
    private const string Keys = "/.well-known/openid-configuration/jwks";

    [Fact]
    public async Task Both_locations_serve_the_same_document()
    {
        Assert.Equal((await provider.GetAsync(OpenId)).Succeeds().Text, (await provider.GetAsync(OAuth)).Succeeds().Text);
    }

    [Theory]
    [InlineData(OpenId, "application/json")]
    [InlineData(OAuth, "application/json")]
    [InlineData(Keys, "application/jwk-set+json")]
    public async Task A_document_is_cached_and_revalidated(string path, string contentType)
    {
        var answer = await provider.GetAsync(path);
        Assert.Equal(contentType, answer.Response.Content.Headers.ContentType?.MediaType);
        Assert.Matches("^public, max-age=[1-9][0-9]+$", answer.Header("Cache-Control"));
        var tag = answer.Header("ETag")!;

        var again = await provider.GetAsync(path, ("If-None-Match", tag));

        Assert.Equal((HttpStatusCode.NotModified, ""), (again.Status, again.Text));
        Assert.Equal(tag, again.Header("ETag"));
        Assert.Equal(HttpStatusCode.OK, (await provider.GetAsync(path, ("If-None-Match", "\"another\""))).Status);
    }

    [Theory]
    [InlineData(OpenId)]
    [InlineData(OAuth)]
    [InlineData(Keys)]
    [Trait("row", "S6")]
    public async Task A_document_may_be_read_from_any_origin(string path)
    {
        var answer = await provider.GetAsync(path, ("Origin", "https://anywhere.example"));

        Assert.Equal("*", answer.Header("Access-Control-Allow-Origin"));
        Assert.Null(answer.Header("Access-Control-Allow-Credentials"));
    }

    [Theory]
    [InlineData(OpenId)]
    [InlineData(OAuth)]
    [InlineData(Keys)]
    public async Task HEAD_is_GET_without_the_body(string path)
    {
        var answer = await provider.SendAsync(HttpMethod.Head, path, content: null);

        Assert.Equal((HttpStatusCode.OK, ""), (answer.Status, answer.Text));
        Assert.Equal((await provider.GetAsync(path)).Header("Cache-Control"), answer.Header("Cache-Control"));
    }

    [Theory]
    [InlineData(OpenId)]
    [InlineData(Keys)]
    public async Task What_is_known_by_a_weak_tag_or_in_a_list_is_not_sent_again(string path)
    {
        var tag = (await provider.GetAsync(path)).Header("ETag")!;

        foreach (var known in (string[])[tag, "W/" + tag, $"\"other\", {tag}", "*"])
        {
            Assert.Equal(HttpStatusCode.NotModified, (await provider.GetAsync(path, ("If-None-Match", known))).Status);
        }

        foreach (var unknown in (string[])["\"other\"", "W/\"other\"", "no tag"])
        {
            Assert.Equal(HttpStatusCode.OK, (await provider.GetAsync(path, ("If-None-Match", unknown))).Status);
        }
    }

    [Fact]
    [Trait("row", "T8")]
    public async Task The_key_set_has_one_key_of_each_algorithm_and_nothing_private()
    {
        var keys = await FlowChecks.CheckKeysAsync(provider);

        Assert.Equal(["ES256", "RS256"], keys.Keys.Select(key => key.Alg).Order());
        Assert.All(keys.Keys, key => Assert.Equal("sig", key.Use));
        Assert.All(keys.GetSigningKeys(), key => Assert.True(key.KeySize is 256 or >= 2048));
    }

    [Fact]
    [Trait("row", "S10")]
    [Trait("row", "T17")]
    public async Task The_Host_header_decides_nothing()
    {
        var answer = await provider.GetAsync(OpenId, ("Host", "evil.example"), ("X-Forwarded-Host", "evil.example"), ("X-Forwarded-Proto", "http"));

        Assert.DoesNotContain("evil.example", answer.Text, StringComparison.Ordinal);
        Assert.Equal(provider.Issuer, answer.String("issuer"));
    }

    [Fact]
    public async Task The_document_says_no_more_than_what_is_built()
    {
        var metadata = (await provider.GetAsync(OpenId)).Json;

        Assert.Equal(
            [JsonValueKind.False, JsonValueKind.False],
            new[] { "request_parameter_supported", "request_uri_parameter_supported" }.Select(name => metadata.GetProperty(name).ValueKind));
        foreach (var path in metadata.EnumerateObject().Where(member => member.Name.EndsWith("_endpoint", StringComparison.Ordinal)))
        {
            Assert.NotEqual(HttpStatusCode.NotFound, (await provider.GetAsync(new Uri(path.Value.GetString()!).AbsolutePath)).Status);
        }
    }
}

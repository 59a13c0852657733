using System.Globalization;
using System.Text.Json;
using IdentityProvider.Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Conformance;

/// <summary>Plan Config OP.</summary>
[Collection(ProviderCollection.Name)]
public sealed class ConfigOpTests(Provider provider)
{
    private static readonly string[] s_knownMembers =
    [
        "issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "registration_endpoint", "introspection_endpoint",
        "revocation_endpoint", "end_session_endpoint", "scopes_supported", "claims_supported", "response_types_supported", "response_modes_supported",
        "grant_types_supported", "acr_values_supported", "subject_types_supported", "id_token_signing_alg_values_supported",
        "token_endpoint_auth_methods_supported", "introspection_endpoint_auth_methods_supported", "revocation_endpoint_auth_methods_supported",
        "code_challenge_methods_supported", "prompt_values_supported", "display_values_supported", "claim_types_supported", "claims_parameter_supported",
        "request_parameter_supported", "request_uri_parameter_supported", "require_request_uri_registration",
        "authorization_response_iss_parameter_supported", "ui_locales_supported", "claims_locales_supported", "service_documentation",
        "backchannel_logout_supported", "backchannel_logout_session_supported", "frontchannel_logout_supported", "frontchannel_logout_session_supported",
    ];

    [Fact]
    [Trait("module", "oidcc-discovery-endpoint-verification")]
    public async Task Discovery_describes_this_issuer_in_members_of_the_right_type()
    {
        var answer = await provider.GetAsync("/.well-known/openid-configuration");

        answer.Succeeds();
        Assert.Equal("application/json", answer.Response.Content.Headers.ContentType?.MediaType);
        var issuer = new Uri(answer.String("issuer")!);
        Assert.Equal(provider.Issuer, answer.String("issuer"));
        Assert.Equal(("https", "", ""), (issuer.Scheme, issuer.Query, issuer.Fragment));
        foreach (var member in answer.Json.EnumerateObject())
        {
            Assert.Contains(member.Name, s_knownMembers);
            CheckType(member);
        }
    }

    [Fact]
    [Trait("module", "oidcc-discovery-endpoint-verification")]
    public async Task Every_endpoint_and_the_key_set_are_https_and_of_the_issuer()
    {
        var metadata = (await provider.GetAsync("/.well-known/openid-configuration")).Json;

        var endpoints = metadata.EnumerateObject()
            .Where(member => member.Name == "jwks_uri" || member.Name.EndsWith("_endpoint", StringComparison.Ordinal))
            .ToDictionary(member => member.Name, member => member.Value.GetString()!);
        Assert.Superset(new HashSet<string> { "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri" }, endpoints.Keys.ToHashSet());
        Assert.All(endpoints.Values, endpoint => Assert.StartsWith(provider.Issuer + "/", endpoint, StringComparison.Ordinal));
        await FlowChecks.CheckKeysAsync(provider);
    }

    [Fact]
    [Trait("module", "oidcc-discovery-endpoint-verification")]
    [Trait("row", "T22")]
    public async Task What_is_supported_is_what_the_code_flow_needs()
    {
        var metadata = (await provider.GetAsync("/.well-known/openid-configuration")).Json;

        Assert.Equal(["code"], Strings(metadata, "response_types_supported"));
        Assert.Equal(["query", "fragment", "form_post"], Strings(metadata, "response_modes_supported"));
        Assert.Superset(new HashSet<string> { "authorization_code", "refresh_token" }, Strings(metadata, "grant_types_supported").ToHashSet());
        Assert.DoesNotContain("implicit", Strings(metadata, "grant_types_supported"));
        Assert.DoesNotContain("password", Strings(metadata, "grant_types_supported"));
        Assert.Equal(["public"], Strings(metadata, "subject_types_supported"));
        Assert.Contains("RS256", Strings(metadata, "id_token_signing_alg_values_supported"));
        Assert.DoesNotContain("none", Strings(metadata, "id_token_signing_alg_values_supported"));
        Assert.Superset(new HashSet<string> { "client_secret_basic", "client_secret_post" }, Strings(metadata, "token_endpoint_auth_methods_supported").ToHashSet());
        Assert.Equal(["S256"], Strings(metadata, "code_challenge_methods_supported"));
        Assert.True(metadata.GetProperty("authorization_response_iss_parameter_supported").GetBoolean());
        Assert.True(metadata.GetProperty("claims_parameter_supported").GetBoolean());
        Assert.False(metadata.TryGetProperty("request_object_signing_alg_values_supported", out _));
    }

    [Fact]
    [Trait("module", "oidcc-discovery-endpoint-verification")]
    public async Task Scopes_and_claims_are_those_of_the_catalog_that_may_be_shown()
    {
        var metadata = (await provider.GetAsync("/.well-known/openid-configuration")).Json;
        var scopes = Strings(metadata, "scopes_supported");

        Assert.Superset(new HashSet<string> { "openid", "profile", "email", "address", "phone", "offline_access", "api.read" }, scopes.ToHashSet());
        Assert.All(scopes, scope => Assert.Matches(@"^[\x21\x23-\x5B\x5D-\x7E]+$", scope));
        Assert.DoesNotContain("hidden", scopes);
        Assert.DoesNotContain("off", scopes);
        Assert.Superset(
            new HashSet<string> { "sub", "name", "birthdate", "updated_at", "email_verified", "address", "phone_number", "auth_time", "acr" },
            Strings(metadata, "claims_supported").ToHashSet());
    }

    private static string[] Strings(JsonElement metadata, string member) =>
        [.. metadata.GetProperty(member).EnumerateArray().Select(item => item.GetString()!)];

    private static void CheckType(JsonProperty member)
    {
        var kind = member.Value.ValueKind;
        if (member.Name.EndsWith("_locales_supported", StringComparison.Ordinal))
        {
            // RFC 5646 §2.1.1: a tag that is spelt otherwise is another string to whoever compares it.
            Assert.All(member.Value.EnumerateArray(), tag => Assert.Equal(CultureInfo.GetCultureInfo(tag.GetString()!).Name, tag.GetString()));
        }
        else if (member.Name.EndsWith("_parameter_supported", StringComparison.Ordinal) || member.Name == "require_request_uri_registration"
            || member.Name.Contains("channel_logout_", StringComparison.Ordinal))
        {
            Assert.True(kind is JsonValueKind.True or JsonValueKind.False, member.Name);
        }
        else if (member.Name.EndsWith("_supported", StringComparison.Ordinal))
        {
            Assert.Equal(JsonValueKind.Array, kind);
            Assert.NotEmpty(member.Value.EnumerateArray());
            Assert.All(member.Value.EnumerateArray(), item => Assert.False(string.IsNullOrEmpty(item.GetString()), member.Name));
        }
        else
        {
            Assert.True(Uri.TryCreate(member.Value.GetString(), UriKind.Absolute, out _), member.Name);
        }
    }
}

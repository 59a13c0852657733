using System.Net;
using IdentityProvider.Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Endpoints.Token;

/// <summary>RFC 8707, and the audience of RFC 9068 §3.</summary>
[Collection(ProviderCollection.Name)]
public sealed class ResourceIndicatorTests(Provider provider)
{
    private const string Reports = "https://reports.example";

    [Fact]
    public async Task Without_an_indicator_the_audience_is_every_API_of_the_scopes()
    {
        var answer = await provider.Client("machine").ClientCredentialsAsync("api.read reports.read");

        Assert.Equal(["api", Reports], Audience(answer));
    }

    [Theory]
    [InlineData("api", "api.read api.write")]
    [InlineData(Reports, "reports.read")]
    public async Task An_indicator_by_name_or_absolute_URI_restricts_audience_and_scope(string resource, string scope)
    {
        var answer = await provider.Client("machine").ClientCredentialsAsync("api.read api.write reports.read", ("resource", resource));

        Assert.Equal([resource], Audience(answer));
        Assert.Equal(scope, answer.String("scope"));
        Assert.Equal(scope, Jwt.Claims(answer.AccessToken).GetProperty("scope").GetString());
    }

    [Fact]
    public async Task Several_indicators_make_a_token_for_several()
    {
        var answer = await provider.Client("machine").ClientCredentialsAsync(
            "api.read reports.read legacy.read", ("resource", "api"), ("resource", Reports), ("resource", "api"));

        Assert.Equal(["api", Reports], Audience(answer));
        Assert.Equal("api.read reports.read", answer.String("scope"));
    }

    [Theory]
    [InlineData("unheard.of")]
    [InlineData("closed")]
    [InlineData("https://reports.example/")]
    [InlineData("https://reports.example#x")]
    [InlineData("API")]
    [InlineData("ledger")]
    public async Task An_indicator_that_names_nothing_of_the_request_is_invalid_target(string resource) =>
        (await provider.Client("machine").ClientCredentialsAsync("api.read reports.read", ("resource", resource))).Fails("invalid_target");

    [Fact]
    public async Task An_API_that_insists_on_being_named_is_no_audience_otherwise()
    {
        var client = provider.Client("machine");

        Assert.Equal(["api"], Audience(await client.ClientCredentialsAsync("api.read ledger.read")));
        Assert.Equal(["ledger"], Audience(await client.ClientCredentialsAsync("ledger.read", ("resource", "ledger"))));
    }

    [Theory]
    [InlineData("ledger.read")]
    [InlineData("legacy.read modern.read")]
    public async Task A_machine_that_has_to_name_an_API_is_told_so(string scope) =>
        (await provider.Client("machine").ClientCredentialsAsync(scope)).Fails("invalid_target");

    [Fact]
    public async Task A_machine_that_names_several_APIs_without_a_common_algorithm_is_refused() =>
        (await provider.Client("machine").ClientCredentialsAsync("legacy.read modern.read", ("resource", "legacy"), ("resource", "modern"))).Fails("invalid_target");

    [Fact]
    public async Task APIs_without_a_common_algorithm_get_tokens_of_their_own()
    {
        var answer = await provider.Client("machine").ClientCredentialsAsync("legacy.read modern.read", ("resource", "modern"));

        Assert.Equal(("ES256", "modern.read"), (Jwt.Header(answer.Succeeds().AccessToken).GetProperty("alg").GetString(), answer.String("scope")));
    }

    [Fact]
    public async Task A_refresh_whose_scope_and_resource_have_nothing_in_common_is_refused_before_the_token_is_used()
    {
        var client = provider.Client("spa");
        var tokens = await client.SignInAsync(provider.NewBrowser(), "openid offline_access api.read reports.read");

        (await client.RefreshAsync(tokens.RefreshToken, ("scope", "reports.read"), ("resource", "api"))).Fails("invalid_target");

        Assert.Equal("api.read", (await client.RefreshAsync(tokens.RefreshToken, ("scope", "api.read"), ("resource", "api"))).Succeeds().String("scope"));
    }

    [Fact]
    public async Task An_API_gets_tokens_of_the_algorithm_that_it_validates()
    {
        var answer = await provider.Client("machine").ClientCredentialsAsync("legacy.read");

        Assert.Equal("RS256", Jwt.Header(answer.Succeeds().AccessToken).GetProperty("alg").GetString());
    }

    [Fact]
    public async Task Without_any_API_the_token_is_for_the_issuer_alone()
    {
        var tokens = await provider.Client("web").SignInAsync(provider.NewBrowser(), "openid profile");

        Assert.Equal([provider.Issuer], Audience(tokens));
    }

    [Fact]
    public async Task Resources_of_the_authorization_request_bind_the_code_and_its_refresh_tokens()
    {
        var client = provider.Client("web");

        var tokens = await client.SignInAsync(
            provider.NewBrowser(), "openid offline_access api.read reports.read ledger.read", ("resource", "api"));
        var refreshed = (await client.RefreshAsync(tokens.RefreshToken)).Succeeds();

        Assert.Equal(["api"], Audience(tokens));
        Assert.Equal(["api"], Audience(refreshed));
        Assert.Equal("openid offline_access api.read", tokens.String("scope"));
    }

    [Fact]
    public async Task A_code_request_may_name_a_part_of_the_granted_resources_and_a_foreign_one_does_not_burn_the_code()
    {
        var client = provider.Client("web");
        var callback = Callback.Of(await provider.NewBrowser().CompleteAsync(
            RelyingParty.AuthorizeUrl([.. client.Request("openid offline_access api.read reports.read")])));

        (await client.RedeemAsync(callback, ("resource", "legacy"))).Fails("invalid_target");
        var tokens = (await client.RedeemAsync(callback, ("resource", Reports))).Succeeds();

        Assert.Equal([Reports], Audience(tokens));
        Assert.Equal(["api", Reports], Audience(await client.RefreshAsync(tokens.RefreshToken)));
    }

    [Fact]
    public async Task A_refresh_may_name_a_part_of_the_granted_resources_and_nothing_else()
    {
        var client = provider.Client("web");
        var callback = Callback.Of(await provider.NewBrowser().CompleteAsync(
            RelyingParty.AuthorizeUrl([.. client.Request("openid offline_access api.read reports.read"), new("resource", "api"), new("resource", Reports)])));
        var tokens = (await client.RedeemAsync(callback)).Succeeds();

        Assert.Equal(["api", Reports], Audience(tokens));
        Assert.Equal([Reports], Audience(await client.RefreshAsync(tokens.RefreshToken, ("resource", Reports))));
        (await client.RefreshAsync(tokens.RefreshToken, ("resource", "legacy"))).Fails("invalid_target");
        Assert.Equal(["api", Reports], Audience(await client.RefreshAsync(tokens.RefreshToken)));
    }

    [Fact]
    public async Task A_bad_indicator_at_the_authorization_endpoint_is_invalid_target_at_the_client()
    {
        var request = provider.Client("web").Request("openid api.read", ("resource", "https://unheard.example"));

        var page = await provider.NewBrowser().GetAsync(RelyingParty.AuthorizeUrl(request));

        FlowChecks.CheckError(provider, request, Callback.Of(page), "invalid_target");
    }

    [Fact]
    public async Task A_token_for_an_API_still_opens_userinfo_when_openid_was_granted()
    {
        var client = provider.Client("web");
        var tokens = await client.SignInAsync(provider.NewBrowser(), "openid api.read", ("resource", "api"));

        Assert.Equal(HttpStatusCode.OK, (await client.UserInfoAsync(tokens.AccessToken)).Status);
    }

    private static string[] Audience(Answer answer) => Jwt.Strings(Jwt.Claims(answer.Succeeds().AccessToken), "aud");
}

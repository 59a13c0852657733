using System.Net;
using IdentityProvider.Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Conformance;

/// <summary>Plans Basic OP and Form Post OP: codes are used once, refresh tokens by their client.</summary>
[Collection(ProviderCollection.Name)]
public sealed class BasicGrantTests(Provider provider)
{
    [Theory]
    [ResponseModes]
    [Trait("module", "oidcc-codereuse")]
    public async Task A_code_redeemed_twice_is_invalid_grant(string responseMode)
    {
        var client = provider.Client("web", responseMode);
        var flow = await Flow.RunAsync(provider, client, provider.NewBrowser());

        (await client.RedeemAsync(flow.Callback)).Fails("invalid_grant");
    }

    [Theory]
    [ResponseModes]
    [Trait("module", "oidcc-codereuse-30seconds")]
    public async Task A_code_redeemed_again_after_30_seconds_is_invalid_grant_and_revokes_what_it_gave(string responseMode)
    {
        var client = provider.Client("web", responseMode);
        var flow = await Flow.RunAsync(provider, client, provider.NewBrowser(), "openid offline_access");
        provider.Time.Advance(TimeSpan.FromSeconds(30));

        (await client.RedeemAsync(flow.Callback)).Fails("invalid_grant");

        Assert.Equal(HttpStatusCode.Unauthorized, (await client.UserInfoAsync(flow.Tokens.AccessToken)).Status);
        (await client.RefreshAsync(flow.Tokens.RefreshToken)).Fails("invalid_grant");
    }

    [Theory]
    [ResponseModes]
    [Trait("module", "oidcc-refresh-token")]
    public async Task A_refresh_token_works_for_its_client_and_no_other(string responseMode)
    {
        var metadata = (await provider.GetAsync("/.well-known/openid-configuration")).Json;
        Assert.Contains("refresh_token", metadata.GetProperty("grant_types_supported").EnumerateArray().Select(item => item.GetString()));
        var (first, second) = (provider.Client("web", responseMode), provider.Client("web2", responseMode));

        var ofFirst = await RefreshedAsync(first);
        var ofSecond = await RefreshedAsync(second);

        (await first.RefreshAsync(ofSecond.RefreshToken)).Fails("invalid_grant");
        FlowChecks.CheckTokenResponse(await first.RefreshAsync(ofFirst.RefreshToken));
        FlowChecks.CheckTokenResponse(await second.RefreshAsync(ofSecond.RefreshToken));
    }

    private async Task<Answer> RefreshedAsync(RelyingParty client)
    {
        const string Scope = "openid offline_access profile";
        var browser = provider.NewBrowser();
        var flow = await Flow.RunAsync(provider, client, browser, Scope, ("prompt", "consent"));
        FlowChecks.CheckEntropy(flow.Tokens.RefreshToken);
        provider.Time.Advance(TimeSpan.FromSeconds(2));

        var refreshed = await client.RefreshAsync(flow.Tokens.RefreshToken);

        FlowChecks.CheckTokenResponse(refreshed);
        Assert.NotEqual(flow.Tokens.AccessToken, refreshed.AccessToken);
        var idToken = await FlowChecks.CheckIdTokenAsync(provider, refreshed.IdToken, client.ClientId, nonce: null, refreshed.AccessToken);
        foreach (var claim in new[] { "iss", "sub", "aud", "auth_time" })
        {
            Assert.Equal(flow.IdToken.GetProperty(claim).ToString(), idToken.GetProperty(claim).ToString());
        }

        await FlowChecks.CheckUserInfoAsync(client, refreshed.AccessToken, flow.Subject);
        FlowChecks.CheckTokenResponse(await client.RefreshAsync(refreshed.RefreshToken, ("scope", Scope)));
        FlowChecks.CheckTokenResponse(await client.RefreshAsync(refreshed.RefreshToken, ("scope", "openid")));
        return refreshed;
    }
}

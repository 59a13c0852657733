using System.Net;
using IdentityProvider.Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Endpoints.Revocation;

/// <summary>RFC 7009.</summary>
[Collection(ProviderCollection.Name)]
public sealed class RevocationTests(Provider provider)
{
    private const string Offline = "openid offline_access api.read";

    [Theory]
    [InlineData("web")]
    [InlineData("spa")]
    [InlineData("reference")]
    [Trait("row", "T12")]
    public async Task A_revoked_refresh_token_takes_its_access_tokens_along(string clientId)
    {
        var client = provider.Client(clientId);
        var tokens = await client.SignInAsync(provider.NewBrowser(), Offline);
        var refreshed = (await client.RefreshAsync(tokens.RefreshToken)).Succeeds();

        IsDone(await client.RevokeAsync(tokens.RefreshToken));

        (await client.RefreshAsync(refreshed.RefreshToken)).Fails("invalid_grant");
        foreach (var accessToken in new[] { tokens.AccessToken, refreshed.AccessToken })
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await client.UserInfoAsync(accessToken)).Status);
            Assert.False(await IsActiveAsync(accessToken));
        }
    }

    [Theory]
    [InlineData("web")]
    [InlineData("reference")]
    public async Task A_revoked_access_token_ends_alone(string clientId)
    {
        var client = provider.Client(clientId);
        var tokens = await client.SignInAsync(provider.NewBrowser(), Offline);
        var refreshed = (await client.RefreshAsync(tokens.RefreshToken)).Succeeds();

        IsDone(await client.RevokeAsync(tokens.AccessToken));

        Assert.Equal(HttpStatusCode.Unauthorized, (await client.UserInfoAsync(tokens.AccessToken)).Status);
        Assert.False(await IsActiveAsync(tokens.AccessToken));
        Assert.True(await IsActiveAsync(refreshed.AccessToken));
        (await client.RefreshAsync(refreshed.RefreshToken)).Succeeds();
    }

    [Theory]
    [InlineData("machine")]
    [InlineData("reference")]
    public async Task The_token_of_a_machine_can_be_revoked(string clientId)
    {
        var client = provider.Client(clientId);
        var token = (await client.ClientCredentialsAsync("api.read")).AccessToken;

        IsDone(await client.RevokeAsync(token));

        Assert.False(await IsActiveAsync(token));
    }

    [Fact]
    public async Task A_foreign_access_token_is_refused_a_foreign_refresh_token_is_none_and_both_live_on()
    {
        var (owner, stranger) = (provider.Client("web"), provider.Client("web2"));
        var tokens = await owner.SignInAsync(provider.NewBrowser(), Offline);
        var reference = await provider.Client("reference").SignInAsync(provider.NewBrowser(), Offline);

        IsDone(await stranger.RevokeAsync(tokens.RefreshToken));
        (await stranger.RevokeAsync(tokens.AccessToken)).Fails("invalid_grant");
        (await stranger.RevokeAsync(reference.AccessToken)).Fails("invalid_grant");

        (await owner.RefreshAsync(tokens.RefreshToken)).Succeeds();
        Assert.True(await IsActiveAsync(tokens.AccessToken));
        Assert.True(await IsActiveAsync(reference.AccessToken));
    }

    [Theory]
    [InlineData("nonsense", null)]
    [InlineData("a.b.c", "access_token")]
    [InlineData("😀", "refresh_token")]
    [InlineData("nonsense", "unheard_of")]
    public async Task An_unknown_token_is_answered_200(string token, string? hint) =>
        IsDone(await provider.Client("web").PostAsync("/connect/revocation", ("token", token), ("token_type_hint", hint)));

    [Fact]
    public async Task A_wrong_hint_does_not_keep_a_token_alive()
    {
        var client = provider.Client("web");
        var tokens = await client.SignInAsync(provider.NewBrowser(), Offline);

        IsDone(await client.PostAsync("/connect/revocation", ("token", tokens.RefreshToken), ("token_type_hint", "access_token")));

        (await client.RefreshAsync(tokens.RefreshToken)).Fails("invalid_grant");
    }

    [Fact]
    public async Task An_old_generation_revokes_the_family_too()
    {
        var client = provider.Client("spa");
        var first = await client.SignInAsync(provider.NewBrowser(), Offline);
        var second = (await client.RefreshAsync(first.RefreshToken)).Succeeds();

        IsDone(await client.RevokeAsync(first.RefreshToken));

        (await client.RefreshAsync(second.RefreshToken)).Fails("invalid_grant");
    }

    [Fact]
    public async Task Revocation_needs_the_client_and_a_token()
    {
        var token = (await provider.Client("machine").ClientCredentialsAsync("api.read")).AccessToken;

        (await new RelyingParty(provider, "machine", "wrong", redirectUri: null).RevokeAsync(token)).Fails("invalid_client", HttpStatusCode.Unauthorized);
        (await provider.Client("machine").PostAsync("/connect/revocation")).Fails("invalid_request");
        Assert.True(await IsActiveAsync(token));
    }

    private static void IsDone(Answer answer)
    {
        answer.Succeeds();
        Assert.Empty(answer.Text);
        Assert.Equal("no-store", answer.Header("Cache-Control"));
    }

    private async Task<bool> IsActiveAsync(string token) =>
        (await provider.Api("api").IntrospectAsync(token)).Succeeds().Json.GetProperty("active").GetBoolean();
}

using System.Net;
using IdentityProvider.Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Endpoints.Token;

/// <summary>RFC 6749 §6, RFC 9700 §4.14.</summary>
[Collection(ProviderCollection.Name)]
public sealed class RefreshTokenTests(Provider provider)
{
    private const string Offline = "openid profile offline_access";

    [Fact]
    [Trait("row", "T3")]
    [Trait("row", "T6")]
    public async Task A_public_client_gets_a_new_refresh_token_at_each_use()
    {
        var client = provider.Client("spa");
        var first = await client.SignInAsync(provider.NewBrowser(), Offline);

        var second = (await client.RefreshAsync(first.RefreshToken)).Succeeds();
        var third = (await client.RefreshAsync(second.RefreshToken)).Succeeds();

        Assert.Equal(3, new[] { first.RefreshToken, second.RefreshToken, third.RefreshToken }.Distinct().Count());
        Assert.DoesNotContain('.', first.RefreshToken);
    }

    [Fact]
    public async Task A_scope_of_blanks_is_invalid_scope_and_the_token_is_as_it_was()
    {
        var client = provider.Client("spa");
        var first = await client.SignInAsync(provider.NewBrowser(), Offline);

        (await client.RefreshAsync(first.RefreshToken, ("scope", " "))).Fails("invalid_scope");
        (await client.RefreshAsync(first.RefreshToken)).Succeeds();
    }

    /// <summary>As long as a refresh token, and yet no base64url.</summary>
    [Theory]
    [InlineData('!')]
    [InlineData('.')]
    [InlineData('=')]
    [InlineData(' ')]
    [InlineData('é')]
    public async Task A_character_that_no_refresh_token_has_is_invalid_grant_and_revokes_nothing(char character)
    {
        var client = provider.Client("spa");
        var token = (await client.SignInAsync(provider.NewBrowser(), "openid offline_access")).RefreshToken;
        foreach (var at in new[] { 0, token.Length / 2, token.Length - 1 })
        {
            var other = token[..at] + character + token[(at + 1)..];
            (await client.RefreshAsync(other)).Fails("invalid_grant");
            Assert.Equal(HttpStatusCode.OK, (await client.RevokeAsync(other)).Status);
        }

        (await client.RefreshAsync(token)).Succeeds();
    }

    [Fact]
    public async Task A_confidential_client_keeps_its_refresh_token()
    {
        var client = provider.Client("web");
        var first = await client.SignInAsync(provider.NewBrowser(), Offline);

        var second = (await client.RefreshAsync(first.RefreshToken)).Succeeds();

        Assert.Equal(first.RefreshToken, second.RefreshToken);
        Assert.NotEqual(first.AccessToken, second.AccessToken);
    }

    [Fact]
    public async Task A_retry_whose_response_was_lost_gets_the_same_successor_again()
    {
        var client = provider.Client("spa");
        var first = await client.SignInAsync(provider.NewBrowser(), Offline);
        var lost = (await client.RefreshAsync(first.RefreshToken)).Succeeds();
        provider.Time.Advance(TimeSpan.FromSeconds(29));

        var again = (await client.RefreshAsync(first.RefreshToken)).Succeeds();

        Assert.Equal(lost.RefreshToken, again.RefreshToken);
        Assert.NotEqual(lost.AccessToken, again.AccessToken);
        (await client.RefreshAsync(again.RefreshToken)).Succeeds();
    }

    [Fact]
    public async Task A_retry_of_a_public_client_after_the_window_is_refused_and_revokes_nothing()
    {
        var client = provider.Client("spa");
        var first = await client.SignInAsync(provider.NewBrowser(), Offline);
        var second = (await client.RefreshAsync(first.RefreshToken)).Succeeds();
        provider.Time.Advance(TimeSpan.FromSeconds(31));

        (await client.RefreshAsync(first.RefreshToken)).Fails("invalid_grant");

        (await client.RefreshAsync(second.RefreshToken)).Succeeds();
    }

    [Fact]
    [Trait("row", "T4")]
    public async Task An_old_refresh_token_used_again_later_revokes_the_family_with_its_access_tokens()
    {
        var client = provider.Client("spa");
        var first = await client.SignInAsync(provider.NewBrowser(), Offline);
        var second = (await client.RefreshAsync(first.RefreshToken)).Succeeds();
        var third = (await client.RefreshAsync(second.RefreshToken)).Succeeds();
        provider.Time.Advance(TimeSpan.FromSeconds(31));

        (await client.RefreshAsync(first.RefreshToken)).Fails("invalid_grant");

        (await client.RefreshAsync(third.RefreshToken)).Fails("invalid_grant");
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.UserInfoAsync(third.AccessToken)).Status);
    }

    [Fact]
    public async Task A_slow_tab_with_an_old_refresh_token_revokes_nothing()
    {
        var client = provider.Client("spa");
        var first = await client.SignInAsync(provider.NewBrowser(), Offline);
        var second = (await client.RefreshAsync(first.RefreshToken)).Succeeds();
        var third = (await client.RefreshAsync(second.RefreshToken)).Succeeds();

        (await client.RefreshAsync(first.RefreshToken)).Fails("invalid_grant");

        (await client.RefreshAsync(third.RefreshToken)).Succeeds();
    }

    [Fact]
    public async Task Thirty_two_refreshes_at_once_yield_one_successor()
    {
        var client = provider.Client("spa");
        var first = await client.SignInAsync(provider.NewBrowser(), Offline);

        var answers = await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => client.RefreshAsync(first.RefreshToken)));

        Assert.All(answers, answer => answer.Succeeds());
        Assert.Single(answers.Select(answer => answer.RefreshToken).Distinct());
    }

    [Theory]
    [InlineData("spa")]
    [InlineData("web")]
    public async Task A_narrower_scope_narrows_this_answer_only(string clientId)
    {
        var client = provider.Client(clientId);
        var first = await client.SignInAsync(provider.NewBrowser(), Offline);

        var narrow = (await client.RefreshAsync(first.RefreshToken, ("scope", "openid"))).Succeeds();
        var full = (await client.RefreshAsync(narrow.RefreshToken)).Succeeds();

        Assert.Equal("openid", narrow.String("scope"));
        Assert.Equal("openid", Jwt.Claims(narrow.AccessToken).GetProperty("scope").GetString());
        Assert.Equal(Offline, full.String("scope"));
    }

    [Theory]
    [InlineData("spa", "openid api.read")]
    [InlineData("web", "openid email")]
    [InlineData("web", "unheard.of")]
    public async Task A_wider_scope_is_invalid_scope_and_burns_nothing(string clientId, string scope)
    {
        var client = provider.Client(clientId);
        var first = await client.SignInAsync(provider.NewBrowser(), Offline);

        (await client.RefreshAsync(first.RefreshToken, ("scope", scope))).Fails("invalid_scope");

        (await client.RefreshAsync(first.RefreshToken)).Succeeds();
    }

    [Fact]
    public async Task A_refresh_token_of_another_client_is_invalid_grant_and_is_not_burnt()
    {
        var client = provider.Client("spa");
        var first = await client.SignInAsync(provider.NewBrowser(), Offline);

        (await provider.Client("native").RefreshAsync(first.RefreshToken)).Fails("invalid_grant");
        (await provider.Client("web").RefreshAsync(first.RefreshToken)).Fails("invalid_grant");

        (await client.RefreshAsync(first.RefreshToken)).Succeeds();
    }

    [Fact]
    public async Task The_ID_token_of_a_refresh_keeps_auth_time_and_has_no_nonce()
    {
        var client = provider.Client("web");
        var first = await client.SignInAsync(provider.NewBrowser(), Offline);
        provider.Time.Advance(TimeSpan.FromSeconds(10));

        var refreshed = (await client.RefreshAsync(first.RefreshToken)).Succeeds();

        var (before, after) = (Jwt.Claims(first.IdToken), Jwt.Claims(refreshed.IdToken));
        foreach (var claim in new[] { "iss", "sub", "aud", "auth_time", "acr", "amr", "sid" })
        {
            Assert.Equal(before.GetProperty(claim).ToString(), after.GetProperty(claim).ToString());
        }

        Assert.Equal(before.GetProperty("iat").GetInt64() + 10, after.GetProperty("iat").GetInt64());
        Assert.False(after.TryGetProperty("nonce", out _));
        Assert.Equal(Jwt.LeftHalf(refreshed.AccessToken), after.GetProperty("at_hash").GetString());
    }

    [Fact]
    public async Task Without_openid_in_the_scope_a_refresh_has_no_ID_token()
    {
        var client = provider.Client("web");
        var first = await client.SignInAsync(provider.NewBrowser(), "openid api.read offline_access");

        var refreshed = (await client.RefreshAsync(first.RefreshToken, ("scope", "api.read"))).Succeeds();

        Assert.False(refreshed.Has("id_token"));
    }

    [Theory]
    [InlineData("web", "openid")]
    [InlineData("strict", "openid offline_access")]
    public async Task A_refresh_token_needs_offline_access_granted(string clientId, string scope)
    {
        var client = provider.Client(clientId);

        var tokens = await client.SignInAsync(provider.NewBrowser(), scope);

        Assert.False(tokens.Has("refresh_token"));
        Assert.Equal("openid", tokens.String("scope"));
    }

    [Fact]
    [Trait("row", "T11")]
    public async Task A_public_clients_refresh_token_ends_with_the_session_and_a_confidential_clients_stays()
    {
        var browser = provider.NewBrowser();
        var (spa, web) = (provider.Client("spa"), provider.Client("web"));
        var ofSpa = await spa.SignInAsync(browser, Offline);
        var ofWeb = await web.SignInAsync(browser, Offline);

        await browser.SubmitAsync(await browser.GetAsync("/account/logout"), "logout-confirm");

        (await spa.RefreshAsync(ofSpa.RefreshToken)).Fails("invalid_grant");
        Assert.Equal(HttpStatusCode.Unauthorized, (await spa.UserInfoAsync(ofSpa.AccessToken)).Status);
        (await web.RefreshAsync(ofWeb.RefreshToken)).Succeeds();
    }

    [Fact]
    public async Task Offline_access_that_was_allowed_on_the_page_outlives_the_session()
    {
        var (client, browser) = (provider.Client("spa"), provider.NewBrowser());
        var tokens = await client.SignInAsync(browser, Offline, ("prompt", "consent"));

        await browser.SubmitAsync(await browser.GetAsync("/account/logout"), "logout-confirm");

        (await client.RefreshAsync(tokens.RefreshToken)).Succeeds();
    }
}

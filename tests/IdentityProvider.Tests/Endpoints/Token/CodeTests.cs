using System.Net;
using IdentityProvider.Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Endpoints.Token;

/// <summary>RFC 6749 §4.1.3.</summary>
[Collection(ProviderCollection.Name)]
public sealed class CodeTests(Provider provider)
{
    [Fact]
    public async Task A_code_of_another_client_is_invalid_grant_and_is_not_burnt()
    {
        var client = provider.Client("web");
        var callback = await client.AuthorizeAsync(provider.NewBrowser());

        (await provider.Client("web2").RedeemAsync(callback)).Fails("invalid_grant");

        (await client.RedeemAsync(callback)).Succeeds();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("https://web.example/other?tenant=a")]
    [InlineData("https://web.example/callback/")]
    public async Task Another_redirect_uri_than_that_of_the_request_is_invalid_grant_and_burns_nothing(string? redirectUri)
    {
        var client = provider.Client("web");
        var callback = await client.AuthorizeAsync(provider.NewBrowser());

        (await client.RedeemAsync(callback, ("redirect_uri", redirectUri))).Fails("invalid_grant");

        (await client.RedeemAsync(callback)).Succeeds();
    }

    [Fact]
    public async Task A_code_lives_for_60_seconds()
    {
        var client = provider.Client("web");
        var (early, late) = (await client.AuthorizeAsync(provider.NewBrowser()), await client.AuthorizeAsync(provider.NewBrowser()));

        provider.Time.Advance(TimeSpan.FromSeconds(59));
        (await client.RedeemAsync(early)).Succeeds();
        provider.Time.Advance(TimeSpan.FromSeconds(1));
        (await client.RedeemAsync(late)).Fails("invalid_grant");
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("")]
    public async Task A_code_that_never_was_is_refused(string code)
    {
        var answer = await provider.Client("web").TokenAsync(
            ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", "https://web.example/callback"));

        answer.Fails(code.Length == 0 ? "invalid_request" : "invalid_grant");
    }

    [Fact]
    public async Task A_double_submit_is_refused_and_revokes_nothing_where_PKCE_and_secret_prove_the_client()
    {
        var client = provider.Client("web", pkce: true);
        var callback = await client.AuthorizeAsync(provider.NewBrowser());
        var tokens = (await client.RedeemAsync(callback)).Succeeds();
        provider.Time.Advance(TimeSpan.FromSeconds(4));

        (await client.RedeemAsync(callback)).Fails("invalid_grant");
        Assert.Equal(HttpStatusCode.OK, (await client.UserInfoAsync(tokens.AccessToken)).Status);

        provider.Time.Advance(TimeSpan.FromSeconds(1));
        (await client.RedeemAsync(callback)).Fails("invalid_grant");
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.UserInfoAsync(tokens.AccessToken)).Status);
    }

    [Fact]
    public async Task A_code_dies_with_the_session_that_gave_it()
    {
        var (client, browser) = (provider.Client("web"), provider.NewBrowser());
        var callback = await client.AuthorizeAsync(browser);
        await browser.SubmitAsync(await browser.GetAsync("/account/logout"), "logout-confirm");

        (await client.RedeemAsync(callback)).Fails("invalid_grant");
    }

    [Fact]
    public async Task Thirty_two_redemptions_at_once_yield_tokens_to_one()
    {
        var client = provider.Client("web", pkce: true);
        var callback = await client.AuthorizeAsync(provider.NewBrowser());

        var answers = await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => client.RedeemAsync(callback)));

        var winner = Assert.Single(answers, answer => answer.Status == HttpStatusCode.OK);
        Assert.All(answers.Where(answer => answer != winner), answer => answer.Fails("invalid_grant"));
        Assert.Equal(HttpStatusCode.OK, (await client.UserInfoAsync(winner.AccessToken)).Status);
    }
}

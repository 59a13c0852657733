using System.Net;
using IdentityProvider.Accounts.Users;
using IdentityProvider.Protocol.Clients;
using IdentityProvider.Tests.Support;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace IdentityProvider.Tests.Sessions;

/// <summary>What ends takes effect at the next use, not when a token expires.</summary>
[Collection(ProviderCollection.Name)]
public sealed class LivenessTests(Provider provider)
{
    private const string Offline = "openid offline_access api.read";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("row", "E6")]
    public async Task Everything_of_a_person_is_dead_as_soon_as_the_account_is_disabled_or_its_epoch_raised(bool disable)
    {
        var browser = provider.NewBrowser();
        var (jwt, reference) = (provider.Client("web"), provider.Client("reference"));
        var tokens = await SignInAsync(jwt, browser, "carol");
        var references = await SignInAsync(reference, browser, "carol");
        var pending = await jwt.AuthorizeAsync(browser, Offline);

        await ChangeAsync("carol", user =>
        {
            user.DisabledAt = disable ? provider.Time.GetUtcNow() : null;
            user.Epoch += disable ? 0 : 1;
        });

        foreach (var (client, answer) in new[] { (jwt, tokens), (reference, references) })
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await client.UserInfoAsync(answer.AccessToken)).Status);
            Assert.Equal("""{"active":false}""", (await provider.Api("api").IntrospectAsync(answer.AccessToken)).Text);
            (await client.RefreshAsync(answer.RefreshToken)).Fails("invalid_grant");
        }

        (await jwt.RedeemAsync(pending)).Fails("invalid_grant");
        Assert.True((await browser.GetAsync(RelyingParty.AuthorizeUrl(jwt.Request()))).IsSignIn);
        await ChangeAsync("carol", user => user.DisabledAt = null);
    }

    [Fact]
    public async Task A_disabled_person_cannot_sign_in()
    {
        await ChangeAsync("dave", user => user.DisabledAt = provider.Time.GetUtcNow());
        var browser = provider.NewBrowser();

        var page = await browser.SignInAsync(await browser.GetAsync("/account/login"), "dave");

        Assert.True(page.IsSignIn);
        Assert.True(page.Has("sign-in-problem"));
        await ChangeAsync("dave", user => user.DisabledAt = null);
    }

    [Fact]
    public async Task Everything_of_a_client_is_dead_while_it_is_disabled()
    {
        var client = provider.Client("web2");
        var tokens = await client.SignInAsync(provider.NewBrowser(), "openid offline_access");
        var catalog = provider.Host.Services.GetRequiredService<ICatalogStore>();
        var stored = (await catalog.LoadAsync(CancellationToken.None)).Clients.Single(stored => stored.ClientId == "web2");

        await catalog.ApplyAsync(new CatalogContents { Clients = [stored with { Enabled = false }] }, new CatalogRemovals(), CancellationToken.None);
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.UserInfoAsync(tokens.AccessToken)).Status);
        Assert.NotEqual(HttpStatusCode.OK, (await client.RefreshAsync(tokens.RefreshToken)).Status);

        await catalog.ApplyAsync(new CatalogContents { Clients = [stored] }, new CatalogRemovals(), CancellationToken.None);
        provider.Time.Advance(TimeSpan.FromSeconds(11));
        (await client.RefreshAsync(tokens.RefreshToken)).Succeeds();
    }

    [Theory]
    [InlineData("!")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA!")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task A_cookie_that_is_no_handle_is_nobodys_session(string handle)
    {
        foreach (var path in new[] { "/account/login", "/connect/endsession", RelyingParty.AuthorizeUrl(provider.Client("web").Request()) })
        {
            var answer = await provider.GetAsync(path, ("Cookie", "__Host-idp.session=" + handle));
            Assert.True(answer.Status is HttpStatusCode.OK or HttpStatusCode.SeeOther, $"{path}: {answer.Status}");
        }
    }

    [Fact]
    [Trait("row", "S1")]
    public async Task Every_sign_in_gets_a_new_handle()
    {
        var browser = provider.NewBrowser();
        await browser.SignInAsync(await browser.GetAsync("/account/login"));
        var first = Handle(browser);
        provider.Time.Advance(TimeSpan.FromSeconds(1));
        var page = await browser.GetAsync(RelyingParty.AuthorizeUrl(provider.Client("web").Request(changes: ("prompt", "login"))));
        await browser.SignInAsync(page);

        Assert.NotEqual(first, Handle(browser));
        var old = await provider.GetAsync("/account", ("Cookie", "__Host-idp.session=" + first));
        Assert.Equal(HttpStatusCode.SeeOther, old.Status);
    }

    [Fact]
    [Trait("row", "S4")]
    [Trait("row", "S3")]
    [Trait("row", "S2")]
    public async Task The_session_cookie_is_host_only_secure_HttpOnly_and_Lax()
    {
        var browser = provider.NewBrowser();
        var page = await browser.SignInAsync(await browser.GetAsync(RelyingParty.AuthorizeUrl(provider.Client("web").Request())));
        var cookies = browser.SetCookies.Where(cookie => cookie.StartsWith("__Host-idp.", StringComparison.Ordinal)).ToArray();

        Assert.NotNull(page.Leaves);
        Assert.Contains(cookies, cookie => cookie.StartsWith("__Host-idp.session=", StringComparison.Ordinal));
        Assert.Equal(browser.SetCookies.Count, cookies.Length);
        foreach (var cookie in cookies)
        {
            var attributes = cookie.Split("; ").Skip(1).Select(attribute => attribute.ToLowerInvariant()).ToArray();
            Assert.Superset(new HashSet<string> { "secure", "httponly", "samesite=lax", "path=/" }, attributes.ToHashSet());
            Assert.DoesNotContain(attributes, attribute => attribute.StartsWith("domain", StringComparison.Ordinal));
        }
    }

    private static string Handle(Browser browser) => browser.SetCookies.Last(cookie => cookie.StartsWith("__Host-idp.session=", StringComparison.Ordinal))
        .Split(';')[0]["__Host-idp.session=".Length..];

    private static async Task<Answer> SignInAsync(RelyingParty client, Browser browser, string username) =>
        (await client.RedeemAsync(Callback.Of(await browser.CompleteAsync(RelyingParty.AuthorizeUrl(client.Request(Offline)), username)))).Succeeds();

    private async Task ChangeAsync(string username, Action<User> change)
    {
        await using var scope = provider.Host.Services.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<User>>();
        var user = await users.FindByNameAsync(username);
        change(user!);
        Assert.True((await users.UpdateAsync(user!)).Succeeded);
    }
}

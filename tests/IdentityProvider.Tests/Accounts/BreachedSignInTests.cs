using System.Diagnostics;
using IdentityProvider.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace IdentityProvider.Tests.Accounts;

/// <summary>A password that turns out to be known to others leads to a new one, and is no lock-out.</summary>
[Trait("row", "P8")]
public sealed class BreachedSignInTests : IAsyncLifetime
{
    private const string NewPassword = "an entirely new pass phrase";

    private readonly Provider _provider = new();
    private BreachStub _stub = null!;

    public async Task InitializeAsync()
    {
        _stub = await BreachStub.StartAsync();
        await _provider.StartAsync(options =>
        {
            options.Settings["Passwords:CheckBreachesOnline"] = "true";
            options.Settings["Passwords:BreachRangeUrl"] = _stub.Url;
            options.ExtraSeed = $$"""{"Users":[{"Username":"nils","Password":"{{BreachStub.PasswordThatLeaked}}","Email":"nils@example.com","EmailVerified":true}]}""";

            // As elsewhere than at a desk, where the passwords of the seed are on the start page.
            options.Configure = builder => builder.Services.AddSingleton(new IdentityProvider.Accounts.SignIn.ExemptPasswords(new HashSet<string>()));
        });
    }

    public async Task DisposeAsync()
    {
        await _provider.DisposeAsync();
        await _stub.DisposeAsync();
    }

    [Fact]
    public async Task The_sign_in_goes_on_to_the_app_once_a_new_password_is_set()
    {
        var client = _provider.Client("web");
        var browser = _provider.NewBrowser();
        var page = await browser.SignInAsync(await browser.GetAsync(RelyingParty.AuthorizeUrl(client.Request())), "nils", BreachStub.PasswordThatLeaked);
        Assert.Equal("/account/new-password", page.Url.AbsolutePath);
        Assert.DoesNotContain(browser.SetCookies, cookie => cookie.StartsWith("__Host-idp.session=", StringComparison.Ordinal));

        page = await browser.SubmitAsync(page, "password-submit", ("password", BreachStub.PasswordThatLeaked));
        Assert.True(page.Has("password-problem"));
        page = await browser.SubmitAsync(page, "password-submit", ("password", NewPassword));
        Assert.Equal(["pwd"], Jwt.Strings(Jwt.Claims((await client.RedeemAsync(Callback.Of(page))).IdToken), "amr"));

        var again = _provider.NewBrowser();
        Assert.True((await again.SignInAsync(await again.GetAsync("/account/login"), "nils", BreachStub.PasswordThatLeaked)).IsSignIn);
        Assert.Equal("/account", (await again.SignInAsync(await again.GetAsync("/account/login"), "nils", NewPassword)).Url.AbsolutePath);
    }

    [Fact]
    public async Task The_reason_stays_until_a_new_password_is_set_even_when_nobody_answers_any_more()
    {
        await SignInAsync("/account/new-password");
        _stub.Misbehave = context => Task.Delay(TimeSpan.FromSeconds(30), context.RequestAborted);
        var watch = Stopwatch.StartNew();
        await SignInAsync("/account/new-password");
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Nobody_else_gets_to_the_page()
    {
        await SignInAsync("/account/new-password");
        Assert.True((await _provider.NewBrowser().GetAsync("/account/new-password")).IsSignIn);
    }

    private async Task SignInAsync(string expected)
    {
        var browser = _provider.NewBrowser();
        var page = await browser.SignInAsync(await browser.GetAsync("/account/login"), "nils", BreachStub.PasswordThatLeaked);
        Assert.Equal(expected, page.Url.AbsolutePath);
    }
}

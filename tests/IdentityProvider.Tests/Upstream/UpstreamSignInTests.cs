using System.Data.Common;
using System.Net;
using IdentityProvider.Accounts.Transitions;
using IdentityProvider.Accounts.Upstream;
using IdentityProvider.Accounts.Users;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace IdentityProvider.Tests.Upstream;

/// <summary>Sign-in here by way of a second server of ours.</summary>
public sealed class UpstreamSignInTests(Federation federation) : IClassFixture<Federation>
{
    [Fact]
    public async Task Somebody_new_gets_an_account_and_the_app_its_answer()
    {
        var dora = federation.NewTraveller();
        var back = await dora.SignInAsync(Federation.AuthorizeUrl(), "dora");

        var (idToken, userInfo) = await federation.RedeemAsync(back.Leaves!);
        Assert.Equal(("1", "fed"), (idToken.GetProperty("acr").GetString(), Assert.Single(idToken.GetProperty("amr").EnumerateArray()).GetString()));
        Assert.Equal("Dora Jones", userInfo.GetProperty("name").GetString());
        Assert.Equal(("dora@contoso.example", true), (userInfo.GetProperty("email").GetString(), userInfo.GetProperty("email_verified").GetBoolean()));

        // The second time it is the same person, and nothing is asked there.
        await dora.Here.SubmitAsync(await dora.Here.GetAsync("/account/logout"), "logout-confirm");
        var again = await federation.RedeemAsync((await dora.SignInAsync(Federation.AuthorizeUrl(), "nobody is asked")).Leaves!);
        Assert.Equal(idToken.GetProperty("sub").GetString(), again.IdToken.GetProperty("sub").GetString());
    }

    [Fact]
    public async Task A_user_name_that_is_taken_and_an_address_that_is_not_verified_are_not_taken_over()
    {
        var emil = federation.NewTraveller();
        var account = await emil.SignInAsync("/account/login", "emil");

        var name = account.Document.QuerySelector(".account strong")!.TextContent;
        Assert.StartsWith("bob", name, StringComparison.Ordinal);
        Assert.NotEqual("bob", name);
        Assert.Null((await FindUserAsync(name))!.Email);
    }

    [Fact]
    public async Task What_the_client_asks_of_a_sign_in_goes_to_the_provider()
    {
        var somebody = federation.NewTraveller();
        var url = await somebody.LeaveAsync(Federation.AuthorizeUrl(("prompt", "login"), ("max_age", "600"), ("login_hint", "fay"), ("ui_locales", "de fr"), ("acr_values", "2")));

        var sent = QueryHelpers.ParseQuery(new Uri(url).Query);
        Assert.Equal(
            ["code", "here", "openid profile email", "login", "600", "fay", "de fr", "2", "S256"],
            new[] { "response_type", "client_id", "scope", "prompt", "max_age", "login_hint", "ui_locales", "acr_values", "code_challenge_method" }
                .Select(name => sent[name].ToString()));
        Assert.Equal(federation.Here.Issuer + "/account/external/callback", sent["redirect_uri"]);
        Assert.All(new[] { "state", "nonce", "code_challenge" }, name => Assert.True(sent[name].ToString().Length >= 43));
    }

    [Fact]
    public async Task A_session_there_that_is_old_is_old_here_and_a_fresh_sign_in_is_a_new_one()
    {
        var fay = federation.NewTraveller();
        await fay.SignInAsync("/account/login", "fay");
        var signedIn = federation.Time.GetUtcNow();
        federation.Time.AdjustTime(signedIn + TimeSpan.FromHours(3));
        await fay.Here.SubmitAsync(await fay.Here.GetAsync("/account/logout"), "logout-confirm");

        var (idToken, _) = await federation.RedeemAsync((await fay.SignInAsync(Federation.AuthorizeUrl(), "nobody is asked")).Leaves!);
        Assert.InRange(idToken.GetProperty("auth_time").GetInt64(), signedIn.ToUnixTimeSeconds() - 1, signedIn.ToUnixTimeSeconds() + 1);

        // The client wants more: there, the password is asked for again, and here nothing is asked twice.
        var fresh = await federation.RedeemAsync((await fay.SignInAsync(Federation.AuthorizeUrl(("max_age", "600")), "fay")).Leaves!);
        Assert.Equal(federation.Time.GetUtcNow().ToUnixTimeSeconds(), fresh.IdToken.GetProperty("auth_time").GetInt64());
        federation.Time.AdjustTime(federation.Time.GetUtcNow() + TimeSpan.FromSeconds(5));
        var newest = await federation.RedeemAsync((await fay.SignInAsync(Federation.AuthorizeUrl(("prompt", "login")), "fay")).Leaves!);
        Assert.Equal(idToken.GetProperty("sub").GetString(), newest.IdToken.GetProperty("sub").GetString());
    }

    [Fact]
    public async Task A_second_factor_that_is_set_up_here_is_asked_for()
    {
        var gil = federation.NewTraveller();
        await gil.SignInAsync("/account/login", "gil");
        var setUp = await gil.Here.GetAsync("/account/security/authenticator");
        var app = AuthenticatorApp.Of(setUp.Document.GetElementById("totp-secret")!.TextContent, federation.Time);
        await gil.Here.SubmitAsync(setUp, "code-submit", ("code", app.Code));

        var other = federation.NewTraveller();
        var page = await other.SignInAsync(Federation.AuthorizeUrl(), "gil");
        Assert.Equal("/account/two-factor", page.Url.AbsolutePath);
        Assert.NotNull((await other.Here.GetAsync("/account")).Document.GetElementById("login-submit"));

        federation.Time.AdjustTime(federation.Time.GetUtcNow() + TimeSpan.FromMinutes(1));
        var back = await other.Here.SubmitAsync(page, "code-submit", ("code", app.Code));
        var (idToken, _) = await federation.RedeemAsync(back.Leaves!);
        Assert.Equal("2", idToken.GetProperty("acr").GetString());
        Assert.Equal(["fed", "otp", "mfa"], idToken.GetProperty("amr").EnumerateArray().Select(method => method.GetString()));
    }

    [Fact]
    public async Task An_answer_is_taken_once()
    {
        var hal = federation.NewTraveller();
        var callback = await hal.SignInThereAsync(await hal.LeaveAsync("/account/login"), "hal");
        Assert.True((await hal.Here.GetAsync(callback)).Has("onward"));

        var again = await hal.Here.GetAsync(callback);
        Assert.Equal(HttpStatusCode.BadRequest, again.Status);
        Assert.True(again.Has("expired-continue"));
    }

    [Fact]
    public async Task An_answer_is_taken_once_also_with_its_cookie()
    {
        var hal = federation.NewTraveller();
        var callback = await hal.SignInThereAsync(await hal.LeaveAsync("/account/login"), "hal");
        using var one = Copy(hal, callback);
        using var two = Copy(hal, callback);

        var answers = await Task.WhenAll(federation.Here.Http.SendAsync(one), federation.Here.Http.SendAsync(two));

        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.BadRequest], answers.Select(answer => answer.StatusCode).Order());
    }

    [Fact]
    public async Task An_answer_for_another_browser_signs_nobody_in()
    {
        var (ida, victim) = (federation.NewTraveller(), federation.NewTraveller());
        var callback = await ida.SignInThereAsync(await ida.LeaveAsync("/account/login"), "ida");
        await victim.LeaveAsync("/account/login");

        var page = await victim.Here.GetAsync(callback);
        Assert.Equal(HttpStatusCode.BadRequest, page.Status);
        Assert.True(page.Has("expired-continue"));
        Assert.DoesNotContain(victim.Here.SetCookies, cookie => cookie.StartsWith("idp.session=", StringComparison.Ordinal));

        // It was not used up by that.
        Assert.True((await ida.Here.GetAsync(callback)).Has("onward"));
    }

    [Fact]
    public async Task Two_tabs_do_not_disturb_each_other()
    {
        var ida = federation.NewTraveller();
        var first = await ida.LeaveAsync(Federation.AuthorizeUrl(("state", "first")));
        var second = await ida.LeaveAsync(Federation.AuthorizeUrl(("state", "second")));

        foreach (var (url, state) in new[] { (second, "second"), (first, "first") })
        {
            var back = await ida.Here.GetAsync(await ida.SignInThereAsync(url, "ida"));
            var app = await ida.Here.GetAsync(Traveller.Onward(back));
            Assert.Contains($"state={state}", app.Leaves, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Who_starts_again_and_again_has_a_bounded_number_of_cookies()
    {
        var somebody = federation.NewTraveller();
        for (var start = 0; start < 12; start++)
        {
            await somebody.LeaveAsync("/account/login");
            federation.Time.AdjustTime(federation.Time.GetUtcNow() + TimeSpan.FromSeconds(1));
        }

        Assert.Equal(6, somebody.Here.Cookies.GetCookies(federation.Here.Address).Count(cookie => cookie.Name.StartsWith("idp.upstream.", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task An_attempt_that_waits_too_long_is_over()
    {
        var hal = federation.NewTraveller();
        var callback = await hal.SignInThereAsync(await hal.LeaveAsync("/account/login"), "hal");
        federation.Time.AdjustTime(federation.Time.GetUtcNow() + TimeSpan.FromMinutes(16));

        Assert.Equal(HttpStatusCode.BadRequest, (await hal.Here.GetAsync(callback)).Status);
    }

    [Fact]
    public async Task Who_is_locked_here_is_refused()
    {
        var joe = federation.NewTraveller();
        await joe.SignInAsync("/account/login", "joe");
        await federation.Here.Services.GetRequiredService<IAccountTransitions>().LockAsync((await FindUserAsync("joe"))!.Id, "test");

        var page = await joe.SignInAsync("/account/login", "joe");
        Assert.Equal(HttpStatusCode.Forbidden, page.Status);
        Assert.True(page.Has("other-way"));
        Assert.True((await joe.Here.GetAsync("/account")).IsSignIn);
    }

    [Fact]
    public async Task An_account_that_is_suspended_signs_nobody_in()
    {
        var lea = federation.NewTraveller();
        await lea.SignInAsync("/account/login", "lea");
        var user = (await FindUserAsync("lea"))!;
        await using (var scope = federation.Here.Services.CreateAsyncScope())
        {
            var login = Assert.Single(await scope.ServiceProvider.GetRequiredService<IExternalLoginStore>().ListAsync(user.Id, CancellationToken.None));
            await using var connection = await scope.ServiceProvider.GetRequiredService<DbDataSource>().OpenConnectionAsync();
            await using var command = connection.CreateCommand();
            command.CommandText = $"INSERT INTO suspensions (user_id, kind, key, suspended_at) SELECT user_id, 'external_login', issuer || ' ' || subject, 0 FROM external_logins WHERE subject = '{login.Subject}'";
            Assert.Equal(1, await command.ExecuteNonQueryAsync());
        }

        var other = federation.NewTraveller();
        Assert.Equal(HttpStatusCode.Forbidden, (await other.SignInAsync("/account/login", "lea")).Status);
        Assert.True((await other.Here.GetAsync("/account")).IsSignIn);
    }

    [Fact]
    public async Task An_address_that_somebody_here_has_links_nothing()
    {
        var existing = await CreateUserAsync("mine", "max@contoso.example");
        await using (var here = federation.Here.Services.CreateAsyncScope())
        {
            var users = here.ServiceProvider.GetRequiredService<UserManager<User>>();
            var mine = (await users.FindByNameAsync("mine"))!;
            mine.EmailConfirmed = true;
            Assert.True((await users.UpdateAsync(mine)).Succeeded);
        }

        var there = federation.There.Services;
        await using (var scope = there.CreateAsyncScope())
        {
            var users = scope.ServiceProvider.GetRequiredService<UserManager<User>>();
            var max = (await users.FindByNameAsync("max"))!;
            (max.Email, max.EmailConfirmed) = ("max@contoso.example", true);
            Assert.True((await users.UpdateAsync(max)).Succeeded);
        }

        var traveller = federation.NewTraveller();
        var page = await traveller.SignInAsync(Federation.AuthorizeUrl(), "max");

        Assert.Equal(HttpStatusCode.Conflict, page.Status);
        Assert.StartsWith("/account/login?interaction=", page.Document.GetElementById("other-way")!.GetAttribute("href"), StringComparison.Ordinal);
        Assert.Null(await FindUserAsync("max"));
        Assert.Equal("mine", existing.UserName);
    }

    [Fact]
    public async Task A_provider_that_makes_no_accounts_says_how_to_link_one()
    {
        var kim = federation.NewTraveller();
        var page = await kim.SignInAsync("/account/login", "kim", "partner");

        Assert.Equal(HttpStatusCode.Forbidden, page.Status);
        Assert.Contains("Partner", page.Document.Body!.TextContent, StringComparison.Ordinal);
        Assert.Null(await FindUserAsync("kim"));
    }

    [Fact]
    public async Task Who_cancels_there_can_go_on_here()
    {
        var somebody = federation.NewTraveller();
        var state = QueryHelpers.ParseQuery(new Uri(await somebody.LeaveAsync(Federation.AuthorizeUrl())).Query)["state"];

        var page = await somebody.Here.GetAsync($"/account/external/callback?error=access_denied&error_description=x&state={state}&iss={Uri.EscapeDataString(federation.There.Issuer)}");

        Assert.Equal(HttpStatusCode.OK, page.Status);
        Assert.StartsWith("/account/login?interaction=", page.Document.GetElementById("other-way")!.GetAttribute("href"), StringComparison.Ordinal);
        Assert.True((await somebody.Here.SubmitAsync(page, "retry-submit")).Has("onward"));
    }

    [Fact]
    public async Task A_provider_that_cannot_be_reached_is_a_page_with_another_try()
    {
        var somebody = federation.NewTraveller();
        var page = await somebody.Here.SubmitAsync(await somebody.Here.GetAsync(Federation.AuthorizeUrl()), "provider-down");

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "10"), (page.Status, page.Header("Retry-After")));
        Assert.True(page.Has("retry-submit"));
        Assert.True((await somebody.Here.GetAsync(page.Document.GetElementById("other-way")!.GetAttribute("href")!)).IsSignIn);
    }

    [Theory]
    [InlineData("/account/external/callback")]
    [InlineData("/account/external/callback?state=")]
    [InlineData("/account/external/callback?state=a&state=b")]
    [InlineData("/account/external/callback?state=0192f0c8e7a54c1d9b3e1f6a2b9c0a11%00")]
    public async Task An_answer_that_nobody_has_asked_for_leads_on(string url)
    {
        var page = await federation.NewTraveller().Here.GetAsync(url);

        Assert.Equal(HttpStatusCode.BadRequest, page.Status);
        Assert.True(page.Has("expired-continue"));
        Assert.Equal("no-referrer", page.Header("Referrer-Policy"));
    }

    [Fact]
    public async Task A_link_sends_nobody_away_and_a_provider_that_is_none_is_not_found()
    {
        var somebody = federation.NewTraveller();
        Assert.True((await somebody.Here.GetAsync("/account/external/contoso?returnUrl=%2Faccount")).IsSignIn);
        Assert.DoesNotContain(somebody.Here.SetCookies, cookie => cookie.StartsWith("idp.upstream.", StringComparison.Ordinal));

        var page = await somebody.Here.PostAsync("/account/external/contoso?returnUrl=%2Faccount", []);
        Assert.True(page.IsSignIn);
        Assert.DoesNotContain(somebody.Here.SetCookies, cookie => cookie.StartsWith("idp.upstream.", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example/")]
    public async Task A_return_address_elsewhere_is_ignored(string returnUrl)
    {
        var ida = federation.NewTraveller();
        var page = await ida.SignInAsync($"/account/login?returnUrl={Uri.EscapeDataString(returnUrl)}", "ida");

        Assert.Equal("/account", page.Url.AbsolutePath);
    }

    private async Task<User?> FindUserAsync(string name)
    {
        await using var scope = federation.Here.Services.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<UserManager<User>>().FindByNameAsync(name);
    }

    private async Task<User> CreateUserAsync(string name, string email)
    {
        await using var scope = federation.Here.Services.CreateAsyncScope();
        var user = new User { UserName = name, Email = email };
        Assert.True((await scope.ServiceProvider.GetRequiredService<UserManager<User>>().CreateAsync(user)).Succeeded);
        return user;
    }

    private HttpRequestMessage Copy(Traveller traveller, string url)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.Add("Cookie", traveller.Here.Cookies.GetCookieHeader(federation.Here.Address));
        return request;
    }
}

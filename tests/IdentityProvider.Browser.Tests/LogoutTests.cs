using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace IdentityProvider.Browser.Tests;

/// <summary>A provider whose client Acme Web has a page for front-channel logout.</summary>
public sealed class FrontChannelSite : Site
{
    protected override void Configure(TestHostOptions options) => options.ExtraSeed = options.ExtraSeed!.Replace(
        "\"ClientId\": \"acme\",", $"\"ClientId\": \"acme\", \"FrontChannelLogoutUri\": \"{App.FrontChannel}\",", StringComparison.Ordinal);
}

/// <summary>Logout that other apps hear of through the browser.</summary>
[Collection(ChromiumCollection.Name)]
public sealed class FrontChannelLogoutTests(Chromium chromium, FrontChannelSite site) : IClassFixture<FrontChannelSite>
{
    [Fact]
    public async Task The_browser_goes_on_when_the_apps_page_has_loaded()
    {
        await using var alice = await chromium.VisitAsync(site.Host);
        var (url, sid) = await SignedInAsync(alice);
        var release = new TaskCompletionSource();
        site.App.FrontChannelUntil = release.Task;

        await alice.Page.GotoAsync(url, new() { WaitUntil = WaitUntilState.DOMContentLoaded });
        await alice.Page.HasHeadingAsync("You are signed out");
        release.SetResult();

        await alice.Page.HasHeadingAsync("Signed out of the app");
        await Expect(alice.Page.Locator("#state")).ToHaveTextAsync("s");
        Assert.Equal(sid, Assert.Single(site.App.SignedOut, opened => opened == sid));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_browser_goes_on_after_three_seconds_whatever_the_apps_page_does(bool scripts)
    {
        await using var alice = await chromium.VisitAsync(site.Host, context => context.JavaScriptEnabled = scripts);
        var (url, sid) = await SignedInAsync(alice);
        var release = new TaskCompletionSource();
        site.App.FrontChannelUntil = scripts ? release.Task : Task.CompletedTask;

        await alice.Page.GotoAsync(url, new() { WaitUntil = WaitUntilState.DOMContentLoaded });
        await alice.Page.HasHeadingAsync("You are signed out");
        await alice.Page.HasHeadingAsync("Signed out of the app");

        Assert.Contains(sid, site.App.SignedOut);
        release.SetResult();
    }

    /// <summary>A sign-in at the app; returns the address that signs out again, and the session id that the app knows.</summary>
    private async Task<(string LogoutUrl, string SessionId)> SignedInAsync(Visitor visitor)
    {
        site.App.FrontChannelUntil = Task.CompletedTask;
        await visitor.Page.GotoAsync(site.AuthorizeUrl());
        await visitor.Page.SignInAsync();
        var idToken = (await site.RedeemAsync((await visitor.Page.ReadAnswerAsync())["code"]!)).GetProperty("id_token").GetString()!;
        var claims = JsonDocument.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(idToken.Split('.')[1]));
        var query = QueryString.Create(
        [
            KeyValuePair.Create<string, string?>("id_token_hint", idToken),
            KeyValuePair.Create<string, string?>("post_logout_redirect_uri", site.App.Bye),
            KeyValuePair.Create<string, string?>("state", "s"),
        ]);
        return ($"/connect/endsession{query}", claims.RootElement.GetProperty("sid").GetString()!);
    }
}

/// <summary>
/// A provider under https with the check-session frame, and an app of another origin but the same site: the browser of a test keeps
/// cookies of other sites back, as those of most people do.
/// </summary>
public sealed class CheckSessionSite : Site
{
    protected override Task<RelyingParty> StartAppAsync() => RelyingParty.StartAsync(sameSite: true);

    protected override void Configure(TestHostOptions options)
    {
        options.Https = true;
        options.Settings["Sessions:CheckSessionIframe"] = "true";
    }
}

/// <summary>The check-session frame inside an app of another origin.</summary>
[Collection(ChromiumCollection.Name)]
public sealed class CheckSessionTests(Chromium chromium, CheckSessionSite site) : IClassFixture<CheckSessionSite>
{
    [Fact]
    public async Task The_frame_says_unchanged_until_the_person_signs_out()
    {
        await using var alice = await chromium.VisitAsync(site.Host, context => context.IgnoreHTTPSErrors = true);
        await alice.Page.GotoAsync(site.AuthorizeUrl());
        await alice.Page.SignInAsync();
        var state = (await alice.Page.ReadAnswerAsync())["session_state"]!;

        await SaysAsync(alice, state, "unchanged");
        await SaysAsync(alice, "0" + state[1..] + "0", "changed");
        await SaysAsync(alice, "nonsense", "error");

        await alice.Page.GotoAsync("/account/logout");
        await alice.Page.ClickAsync("#logout-confirm");
        await alice.Page.HasHeadingAsync("You are signed out");
        await SaysAsync(alice, state, "changed");
    }

    private async Task SaysAsync(Visitor visitor, string sessionState, string answer)
    {
        await visitor.Page.GotoAsync(site.App.PageThatChecks($"{site.Host.Issuer}/connect/checksession", "acme", sessionState));
        await Expect(visitor.Page.Locator("#state")).ToHaveTextAsync(answer);
    }
}

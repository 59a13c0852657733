using System.Text.Json;

namespace IdentityProvider.Browser.Tests;

/// <summary>Passkeys in a real browser, with a virtual authenticator.</summary>
[Collection(ChromiumCollection.Name)]
public sealed class PasskeyTests(Chromium chromium, Site site) : IClassFixture<Site>
{
    [Fact]
    public async Task A_passkey_that_was_offered_after_the_password_signs_in_alone_the_next_time()
    {
        await using var alice = await chromium.VisitAsync(site.Host);
        var device = await Authenticator.PlugInAsync(alice.Page);

        await alice.Page.GotoAsync(site.AuthorizeUrl());
        await alice.Page.SignInAsync();
        await alice.Page.HasHeadingAsync("Sign in without a password next time?");
        await alice.Page.ClickAsync("#passkey-submit");
        var first = await ReadTokenAsync(await alice.Page.ReadAnswerAsync());
        Assert.Equal("1", first.GetProperty("acr").GetString());
        Assert.Equal(1, await device.CountAsync());

        await SignOutAsync(alice.Page);
        await WithoutAutofillAsync(alice.Page);
        await alice.Page.GotoAsync(site.AuthorizeUrl());
        await alice.Page.ClickAsync("#passkey-submit");

        var second = await ReadTokenAsync(await alice.Page.ReadAnswerAsync());
        Assert.Equal("phr", second.GetProperty("acr").GetString());
        Assert.Equal(["hwk", "mfa", "user"], Methods(second));
        Assert.Equal(first.GetProperty("sub").GetString(), second.GetProperty("sub").GetString());
    }

    [Fact]
    public async Task Autofill_signs_in_without_a_name_or_a_click()
    {
        await using var bob = await chromium.VisitAsync(site.Host);
        await Authenticator.PlugInAsync(bob.Page);
        await AddPasskeyAsync(bob.Page, "bob");
        await SignOutAsync(bob.Page);

        await bob.Page.GotoAsync(site.AuthorizeUrl());
        Assert.NotNull((await bob.Page.ReadAnswerAsync())["code"]);
    }

    [Fact]
    public async Task Not_now_is_remembered_on_any_browser()
    {
        await using var carol = await chromium.VisitAsync(site.Host);
        await Authenticator.PlugInAsync(carol.Page);
        await carol.Page.GotoAsync("/account/login");
        await carol.Page.SignInAsync("carol");
        await carol.Page.ClickAsync("#passkey-decline");
        await carol.Page.HasHeadingAsync("Your account");

        await using var again = await chromium.VisitAsync(site.Host);
        await Authenticator.PlugInAsync(again.Page);
        await again.Page.HaveSessionAsync("carol");
    }

    [Fact]
    public async Task A_device_that_does_not_recognise_its_user_adds_no_passkey()
    {
        await using var bob = await chromium.VisitAsync(site.Host);
        var device = await Authenticator.PlugInAsync(bob.Page);
        await bob.Page.HaveAnySessionAsync("bob");
        await bob.Page.GotoAsync("/account/security/passkeys/add");
        await device.VerifyUserAsync(false);
        await bob.Page.ClickAsync("#passkey-submit");

        await Expect(bob.Page.Locator("#passkey-form [data-problem]")).ToBeVisibleAsync();
        Assert.Equal(0, await device.CountAsync());
    }

    [Fact]
    public async Task A_passkey_is_named_listed_renamed_and_removed()
    {
        await using var dave = await chromium.VisitAsync(site.Host);
        var page = dave.Page;
        var device = await Authenticator.PlugInAsync(page);
        await AddPasskeyAsync(page, "dave", "Work laptop");

        var entry = page.Locator(".entries li");
        await Expect(entry).ToContainTextAsync("Work laptop");
        await Expect(entry).ToContainTextAsync("On one device only");
        await entry.Locator("a").ClickAsync();
        await page.FillAsync("#name", "Old laptop");
        await page.ClickAsync("#rename-submit");
        await Expect(entry).ToContainTextAsync("Old laptop");

        await entry.Locator("a").ClickAsync();
        await page.ClickAsync("#remove-submit");
        await Expect(entry).ToHaveCountAsync(0);

        // The page has told the browser, which has told the device.
        for (var attempt = 0; await device.CountAsync() > 0; attempt++)
        {
            Assert.True(attempt < 50, "The device still has the passkey.");
            await page.WaitForTimeoutAsync(100);
        }
    }

    [Fact]
    public async Task A_passkey_of_a_password_manager_is_called_synced_and_is_no_hardware()
    {
        await using var frank = await chromium.VisitAsync(site.Host);
        await Authenticator.PlugInAsync(frank.Page, synced: true);
        await AddPasskeyAsync(frank.Page, "frank");
        await Expect(frank.Page.Locator(".entries li").First).ToContainTextAsync("Synced");

        await SignOutAsync(frank.Page);
        await WithoutAutofillAsync(frank.Page);
        await frank.Page.GotoAsync(site.AuthorizeUrl());
        await frank.Page.ClickAsync("#passkey-submit");
        var token = await ReadTokenAsync(await frank.Page.ReadAnswerAsync());
        Assert.Equal("phr", token.GetProperty("acr").GetString());
        Assert.Equal(["mfa", "swk", "user"], Methods(token));
    }

    [Fact]
    public async Task A_password_manager_hears_which_passkeys_there_are_and_which_are_gone()
    {
        await using var heidi = await chromium.VisitAsync(site.Host);
        var page = heidi.Page;
        await Authenticator.PlugInAsync(page);
        await WithoutAutofillAsync(page);
        await page.AddInitScriptAsync("""
            for (const name of ['signalAllAcceptedCredentials', 'signalCurrentUserDetails', 'signalUnknownCredential']) {
              PublicKeyCredential[name] = async what => { (window.signals ??= {})[name] = what; };
            }
            """);
        var made = page.WaitForRequestAsync(request => request.Method == "POST" && request.Url.Contains("/passkeys/add", StringComparison.Ordinal));
        await AddPasskeyAsync(page, "heidi");
        var credential = JsonDocument.Parse(System.Web.HttpUtility.ParseQueryString((await made).PostData!)["credential"]!).RootElement.GetProperty("id").GetString();

        var accepted = await SignalAsync(page, "signalAllAcceptedCredentials");
        Assert.Equal("localhost", accepted.GetProperty("rpId").GetString());
        Assert.Equal(credential, accepted.GetProperty("allAcceptedCredentialIds").EnumerateArray().Single().GetString());
        var details = await SignalAsync(page, "signalCurrentUserDetails");
        Assert.Equal((accepted.GetProperty("userId").GetString(), "heidi"), (details.GetProperty("userId").GetString(), details.GetProperty("name").GetString()));

        await page.Locator(".entries li a").ClickAsync();
        await page.ClickAsync("#remove-submit");
        await Expect(page.Locator(".entries li")).ToHaveCountAsync(0);
        Assert.Empty((await SignalAsync(page, "signalAllAcceptedCredentials")).GetProperty("allAcceptedCredentialIds").EnumerateArray());

        await SignOutAsync(page);
        await page.GotoAsync("/account/login");
        await page.ClickAsync("#passkey-submit");
        await Expect(page.Locator("#sign-in-problem")).ToBeVisibleAsync();
        var unknown = await SignalAsync(page, "signalUnknownCredential");
        Assert.Equal(("localhost", credential), (unknown.GetProperty("rpId").GetString(), unknown.GetProperty("credentialId").GetString()));
    }

    [Fact]
    public async Task A_suspended_passkey_is_refused_and_not_called_unknown()
    {
        await using var ivan = await chromium.VisitAsync(site.Host);
        var page = ivan.Page;
        await Authenticator.PlugInAsync(page);
        await WithoutAutofillAsync(page);
        await AddPasskeyAsync(page, "ivan");
        var href = await page.Locator(".entries li a").GetAttributeAsync("href");
        await site.Host.ExecuteAsync($"INSERT INTO suspensions (user_id, kind, key, suspended_at) SELECT \"Id\", 'passkey', '{Convert.ToHexStringLower(System.Buffers.Text.Base64Url.DecodeFromChars(href!.Split("id=")[1]))}', '2030-01-01' FROM \"AspNetUsers\" WHERE \"UserName\" = 'ivan'");

        await SignOutAsync(page);
        await page.GotoAsync("/account/login");
        await page.ClickAsync("#passkey-submit");
        await Expect(page.Locator("#sign-in-problem")).ToContainTextAsync("The passkey was not accepted");
        Assert.Equal("", await page.Locator("#passkey-form").GetAttributeAsync("data-unknown"));
        Assert.Null(await ivan.CookieAsync("idp.session"));
    }

    [Fact]
    public async Task A_device_is_not_added_twice()
    {
        await using var erin = await chromium.VisitAsync(site.Host);
        var device = await Authenticator.PlugInAsync(erin.Page);
        await AddPasskeyAsync(erin.Page, "erin");
        await erin.Page.ClickAsync("#add-passkey");
        await erin.Page.ClickAsync("#passkey-submit");
        await Expect(erin.Page.Locator("#passkey-form [data-problem]")).ToBeVisibleAsync();
        Assert.Equal(1, await device.CountAsync());
    }

    [Fact]
    public async Task An_app_that_asks_for_a_passkey_gets_one_in_a_session_that_began_with_a_password()
    {
        await using var frank = await chromium.VisitAsync(site.Host);
        var page = frank.Page;
        await Authenticator.PlugInAsync(page);
        await AddPasskeyAsync(page, "frank");

        await page.GotoAsync(site.AuthorizeUrl("acme", ("claims", """{"id_token":{"acr":{"essential":true,"value":"phr"}}}""")));
        Assert.Equal("/account/two-factor", page.PathOf());
        await page.ClickAsync("#passkey-submit");

        var token = await ReadTokenAsync(await page.ReadAnswerAsync());
        Assert.Equal("phr", token.GetProperty("acr").GetString());
        Assert.Equal(["hwk", "mfa", "pwd", "user"], Methods(token));
    }

    [Fact]
    public async Task What_a_passkey_answered_is_worth_nothing_a_second_time()
    {
        await using var grace = await chromium.VisitAsync(site.Host);
        await Authenticator.PlugInAsync(grace.Page);
        await AddPasskeyAsync(grace.Page, "grace");
        await SignOutAsync(grace.Page);
        await WithoutAutofillAsync(grace.Page);
        await grace.Page.GotoAsync("/account/login");

        string? sent = null;
        await grace.Page.RouteAsync("**/account/login", async route =>
        {
            sent = route.Request.PostData ?? sent;
            await route.ContinueAsync();
        });
        await grace.Page.ClickAsync("#passkey-submit");
        await grace.Page.HasHeadingAsync("Your account");
        await SignOutAsync(grace.Page);

        var replay = await grace.Context.APIRequest.PostAsync(site.Host.Issuer + "/account/login", new()
        {
            DataString = sent,
            Headers = new Dictionary<string, string> { ["content-type"] = "application/x-www-form-urlencoded" },
        });
        Assert.Contains("The passkey was not accepted", await replay.TextAsync(), StringComparison.Ordinal);
        Assert.Null(await grace.CookieAsync("idp.session"));
    }

    private static async Task<JsonElement> SignalAsync(IPage page, string name)
    {
        await page.WaitForFunctionAsync("name => window.signals?.[name]", name);
        return await page.EvaluateAsync<JsonElement>("name => signals[name]", name);
    }

    private static async Task AddPasskeyAsync(IPage page, string username, string name = "")
    {
        await page.HaveAnySessionAsync(username);
        await page.GotoAsync("/account/security/passkeys/add");
        await page.FillAsync("#name", name);
        await page.ClickAsync("#passkey-submit");
        await page.HasHeadingAsync("Security and sign-in methods");
    }

    /// <summary>As in a browser that has no autofill: the virtual device is always there, and would answer before anybody clicks.</summary>
    private static async Task WithoutAutofillAsync(IPage page) =>
        await page.AddInitScriptAsync("PublicKeyCredential.isConditionalMediationAvailable = () => Promise.resolve(false)");

    private static async Task SignOutAsync(IPage page)
    {
        await page.GotoAsync("/account/logout");
        await page.ClickAsync("#logout-confirm");
        await page.HasHeadingAsync("You are signed out");
    }

    private async Task<JsonElement> ReadTokenAsync(Answer answer)
    {
        var tokens = await site.RedeemAsync(answer["code"]!);
        var payload = tokens.GetProperty("id_token").GetString()!.Split('.')[1];
        return JsonDocument.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(payload)).RootElement;
    }

    private static IEnumerable<string?> Methods(JsonElement token) =>
        token.GetProperty("amr").EnumerateArray().Select(method => method.GetString()).Order(StringComparer.Ordinal);
}

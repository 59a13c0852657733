namespace IdentityProvider.Browser.Tests;

/// <summary>
/// An app that sends whoever comes back on to another site. Chromium holds <c>form-action</c> against every redirect that follows a form,
/// and our pages cannot name that site.
/// </summary>
[Collection(ChromiumCollection.Name)]
public sealed class WayOutTests(Chromium chromium, SiteThatSendsOn site) : IClassFixture<SiteThatSendsOn>
{
    [Theory]
    [InlineData("query", true)]
    [InlineData("query", false)]
    [InlineData("form_post", true)]
    public async Task A_sign_in_reaches_the_site_behind_the_app(string mode, bool scripts)
    {
        await using var alice = await chromium.VisitAsync(site.Host, context => context.JavaScriptEnabled = scripts);
        await alice.Page.GotoAsync(site.AuthorizeUrl("acme", ("response_mode", mode)));

        await alice.Page.SignInAsync();

        await ReachedAsync(alice, mode, "code");
    }

    [Theory]
    [InlineData("query", "#consent-allow", "code")]
    [InlineData("form_post", "#consent-allow", "code")]
    [InlineData("query", "#consent-deny", "error")]
    [InlineData("form_post", "#consent-deny", "error")]
    public async Task An_answer_to_the_question_for_consent_reaches_it(string mode, string button, string parameter)
    {
        await using var alice = await chromium.VisitAsync(site.Host);
        await alice.Page.GotoAsync(site.AuthorizeUrl("printshop", ("response_mode", mode)));
        await alice.Page.SignInAsync();

        await alice.Page.ClickAsync(button);

        await ReachedAsync(alice, mode, parameter);
    }

    [Fact]
    public async Task A_sign_out_reaches_it()
    {
        await using var alice = await chromium.VisitAsync(site.Host);
        await alice.Page.HaveSessionAsync();
        await alice.Page.GotoAsync($"/connect/endsession?client_id=acme&post_logout_redirect_uri={Uri.EscapeDataString(site.App.Bye)}&state=s1");

        await alice.Page.ClickAsync("#logout-confirm");

        await alice.Page.ArrivesAtAsync(site.App.Next!.Bye);
        await Expect(alice.Page.Locator("#state")).ToHaveTextAsync("s1");
    }

    /// <summary>The page in between is none to come back to.</summary>
    [Fact]
    public async Task The_way_back_leads_to_the_page_before_the_form()
    {
        await using var alice = await chromium.VisitAsync(site.Host);
        await alice.Page.GotoAsync(site.App.Origin);
        await alice.Page.GotoAsync(site.AuthorizeUrl());
        await alice.Page.SignInAsync();
        await ReachedAsync(alice, "query", "code");

        await alice.Page.GoBackAsync();

        Assert.Equal("/account/login", alice.Page.PathOf());
    }

    private async Task ReachedAsync(Visitor visitor, string mode, string parameter)
    {
        await visitor.Page.ArrivesAtAsync(site.App.Next!.Callback);
        var answer = await visitor.Page.ReadAnswerAsync();
        Assert.Equal(mode, answer["by"]);
        Assert.NotNull(answer[parameter]);
        Assert.Equal("af0ifjsldkj", answer["state"]);
    }
}

/// <summary>The provider, an app, and where the app sends people.</summary>
public sealed class SiteThatSendsOn : Site
{
    private RelyingParty? _next;

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await _next!.DisposeAsync();
    }

    protected override async Task<RelyingParty> StartAppAsync()
    {
        var app = await RelyingParty.StartAsync();
        app.Next = _next = await RelyingParty.StartAsync();
        return app;
    }
}

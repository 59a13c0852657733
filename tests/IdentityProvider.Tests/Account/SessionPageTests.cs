using System.Net;
using IdentityProvider.Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Account;

/// <summary>The list of one's own sessions, and their end.</summary>
public sealed class SessionPageTests(AccountServer server) : IClassFixture<AccountServer>
{
    private Provider Provider => server.Provider;

    [Fact]
    public async Task Every_session_is_listed_with_its_browser_and_apps_and_this_one_is_marked()
    {
        var (here, there) = (await server.SignInAsync("ada"), await server.SignInAsync("ada"));
        await Provider.Client("web").SignInAsync(there);

        var page = await here.GetAsync("/account/sessions");

        var rows = page.Document.QuerySelectorAll("#sessions li");
        Assert.Equal(2, rows.Length);
        Assert.NotNull(rows[0].QuerySelector(".tag"));
        Assert.All(rows, row => Assert.Contains("Firefox", row.TextContent, StringComparison.Ordinal));
        Assert.Contains("web", rows[1].TextContent, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("127.0.0.1", rows[1].TextContent, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("row", "S12")]
    public async Task One_session_ends_at_once_and_the_others_go_on()
    {
        var (here, there, third) = (await server.SignInAsync("ben"), await server.SignInAsync("ben"), await server.SignInAsync("ben"));
        var page = await here.GetAsync("/account/sessions");
        var link = page.Document.QuerySelectorAll("#sessions a[href*='sessions/end']")[0].GetAttribute("href")!;

        page = await here.SubmitAsync(await here.GetAsync(link), "end-submit");

        Assert.Equal("/account/sessions", page.Url.AbsolutePath);
        Assert.Equal(2, page.Document.QuerySelectorAll("#sessions li").Length);
        var left = new[] { await there.GetAsync("/account"), await third.GetAsync("/account") };
        Assert.Single(left, other => other.IsSignIn);
        Assert.False((await here.GetAsync("/account")).IsSignIn);
        Assert.Equal("/account/sessions", (await here.GetAsync(link)).Url.AbsolutePath);
    }

    [Fact]
    public async Task A_device_that_is_forgotten_is_news_at_its_next_sign_in_and_a_foreign_one_is_not_found()
    {
        var (here, there) = (await server.SignInAsync("quin"), await server.SignInAsync("quin"));
        var page = await here.GetAsync("/account/sessions");
        Assert.Equal(2, page.Document.QuerySelectorAll("#devices li").Length);
        var links = page.Document.QuerySelectorAll("#devices a").Select(link => link.GetAttribute("href")!).ToList();
        var stranger = await server.SignInAsync("tom");
        Assert.False((await stranger.GetAsync(links[0])).Has("forget-submit"));
        foreach (var link in links)
        {
            page = await here.SubmitAsync(await here.GetAsync(link), "forget-submit");
        }

        Assert.Empty(page.Document.QuerySelectorAll("#devices li"));
        Assert.False((await there.GetAsync("/account")).IsSignIn);
        await there.SignInAsync(await there.GetAsync("/account/login?switch=true"), "quin");
        Assert.Single((await here.GetAsync("/account/sessions")).Document.QuerySelectorAll("#devices li"));
    }

    [Fact]
    public async Task All_others_end_and_this_one_goes_on()
    {
        var (here, there, third) = (await server.SignInAsync("dora"), await server.SignInAsync("dora"), await server.SignInAsync("dora"));

        var page = await here.SubmitAsync(await here.GetAsync("/account/sessions/end"), "end-submit");

        Assert.Single(page.Document.QuerySelectorAll("#sessions li"));
        Assert.False(page.Has("end-others"));
        Assert.True((await there.GetAsync("/account")).IsSignIn);
        Assert.True((await third.GetAsync("/account")).IsSignIn);
    }

    [Fact]
    [Trait("row", "D6")]
    public async Task A_session_of_somebody_else_is_neither_shown_nor_ended()
    {
        var (emil, fay, fays) = (await server.SignInAsync("emil"), await server.SignInAsync("fay"), await server.SignInAsync("fay"));
        var link = (await fay.GetAsync("/account/sessions")).Document.QuerySelector("#sessions a[href*='sessions/end']")!.GetAttribute("href")!;
        await server.SignInAsync("emil");
        var form = await emil.GetAsync("/account/sessions/end");

        Assert.Equal("/account/sessions", (await emil.GetAsync(link)).Url.AbsolutePath);
        var token = form.Document.QuerySelector("input[name=__RequestVerificationToken]")!.GetAttribute("value")!;
        var answer = await emil.PostAsync(link, [KeyValuePair.Create("__RequestVerificationToken", token)]);

        Assert.Equal("/account/sessions", answer.Url.AbsolutePath);
        Assert.False((await fays.GetAsync("/account")).IsSignIn);
    }

    [Theory]
    [InlineData("not-an-id")]
    [InlineData("00000000-0000-0000-0000-000000000000")]
    [InlineData("%00")]
    public async Task What_is_no_session_leads_back_to_the_list_and_ends_nothing(string id)
    {
        var (here, there) = (await server.SignInAsync("gus"), await server.SignInAsync("gus"));
        var form = await here.GetAsync("/account/sessions/end");
        var token = form.Document.QuerySelector("input[name=__RequestVerificationToken]")!.GetAttribute("value")!;

        Assert.Equal("/account/sessions", (await here.GetAsync($"/account/sessions/end?id={id}")).Url.AbsolutePath);
        var answer = await here.PostAsync($"/account/sessions/end?id={id}", [KeyValuePair.Create("__RequestVerificationToken", token)]);

        Assert.Equal((HttpStatusCode.OK, "/account/sessions"), (answer.Status, answer.Url.AbsolutePath));
        Assert.False((await there.GetAsync("/account")).IsSignIn);
    }

    [Fact]
    public async Task To_end_a_session_takes_a_fresh_sign_in()
    {
        var (here, there) = (await server.SignInAsync("hal"), await server.SignInAsync("hal"));
        var form = await here.GetAsync("/account/sessions/end");
        Provider.Skip(TimeSpan.FromMinutes(6));

        Assert.True((await here.SubmitAsync(form, "end-submit")).IsSignIn);
        Assert.True((await here.GetAsync("/account/sessions/end")).IsSignIn);
        Assert.False((await here.GetAsync("/account/sessions")).IsSignIn);
        Assert.False((await there.GetAsync("/account")).IsSignIn);
    }
}

using System.Net;
using Microsoft.AspNetCore.WebUtilities;
using Xunit;

namespace IdentityProvider.Tests.Upstream;

/// <summary>The sign-in page where domains of e-mail addresses have providers.</summary>
public sealed class HomeRealmTests : IAsyncLifetime
{
    private readonly Federation _federation = new();

    public Task InitializeAsync() => _federation.StartAsync(options => options.Settings["Upstream:Providers:contoso:HomeRealms:0"] = "contoso.example");

    public Task DisposeAsync() => _federation.DisposeAsync();

    [Fact]
    public async Task The_name_is_asked_first_and_its_domain_decides()
    {
        var dora = _federation.NewTraveller();
        var page = await dora.Here.GetAsync(Federation.AuthorizeUrl());
        Assert.True(page.Has("username"));
        Assert.False(page.Has("password"));

        var url = Traveller.Onward(await dora.Here.SubmitAsync(page, "identifier-submit", ("username", "dora@Contoso.example")));
        Assert.StartsWith(_federation.There.Issuer, url, StringComparison.Ordinal);
        Assert.Equal("dora@Contoso.example", QueryHelpers.ParseQuery(new Uri(url).Query)["login_hint"]);
        var back = await dora.Here.GetAsync(await dora.SignInThereAsync(url, "dora"));
        Assert.StartsWith("https://web.example/callback?", (await dora.Here.GetAsync(Traveller.Onward(back))).Leaves, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Everybody_else_is_asked_for_the_password_whether_there_is_such_an_account_or_not()
    {
        var texts = new List<string>();
        foreach (var name in new[] { "alice", "nobody", "alice@example.com", "nobody@example.com" })
        {
            var browser = _federation.NewTraveller().Here;
            var page = await browser.SubmitAsync(await browser.GetAsync("/account/login"), "identifier-submit", ("username", name));
            Assert.Equal(HttpStatusCode.OK, page.Status);
            Assert.Equal(name, page.Document.QuerySelector("#username")!.GetAttribute("value"));
            Assert.True(page.IsSignIn);
            texts.Add(page.Document.Body!.TextContent);
            if (name == "alice")
            {
                Assert.Equal("/account", (await browser.SignInAsync(page, name)).Url.AbsolutePath);
            }
        }

        Assert.Single(texts.Distinct());
    }

    [Fact]
    public async Task A_wrong_password_keeps_the_form_and_the_one_page_form_is_there_for_who_asks()
    {
        var browser = _federation.NewTraveller().Here;
        var page = await browser.SubmitAsync(await browser.GetAsync("/account/login"), "identifier-submit", ("username", "alice"));
        page = await browser.SignInAsync(page, "alice", "wrong");
        Assert.True(page.IsSignIn);
        Assert.NotNull(page.Document.QuerySelector("[role=alert]"));
        Assert.True((await browser.GetAsync("/account/login?local=true")).IsSignIn);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\0b")]
    public async Task A_name_that_cannot_be_one_is_asked_for_again(string name)
    {
        var browser = _federation.NewTraveller().Here;
        var page = await browser.SubmitAsync(await browser.GetAsync("/account/login"), "identifier-submit", ("username", name));
        Assert.Equal(HttpStatusCode.OK, page.Status);
        Assert.True(page.Has("identifier-submit"));
    }
}

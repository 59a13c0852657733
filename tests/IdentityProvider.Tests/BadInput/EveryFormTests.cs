using System.Net;
using System.Reflection;
using AngleSharp.Html.Dom;
using IdentityProvider.Tests.Support;
using IdentityProvider.UI;
using IdentityProvider.UI.Security;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.Infrastructure;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.Mvc.RazorPages.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using Page = IdentityProvider.Tests.Support.Page;

namespace IdentityProvider.Tests.BadInput;

/// <summary>What holds for every page that takes a form: the list is the server's own, so that no new page is left out.</summary>
public sealed class EveryFormTests(AccountInputTests.Server server) : IClassFixture<AccountInputTests.Server>
{
    private const int TenMegabytes = 10 * 1024 * 1024;

    private Provider Provider => server.Provider;

    [Fact]
    public async Task Without_an_antiforgery_token_it_is_not_obeyed_whoever_sends_it()
    {
        var paths = await PathsAsync();
        Assert.InRange(paths.Count, 25, 60);

        var stranger = Provider.NewBrowser();
        var alice = Provider.NewBrowser();
        await alice.SignInAsync(await alice.GetAsync("/account/login"));
        foreach (var path in paths)
        {
            foreach (var browser in new[] { stranger, alice })
            {
                var page = await browser.PostAsync(path, [new("username", "mallory"), new("email", "mallory@people.example"), new("password", "a long enough pass phrase"), new("remove", "true")]);
                Assert.True(IsRefused(page), $"{path}: {page.Status} {page.Url}");
            }
        }

        Assert.False((await alice.GetAsync("/account")).IsSignIn);
        Assert.Empty(new Mailbox(Provider.Host, "mallory@people.example").All);
    }

    [Fact]
    [Trait("row", "D6")]
    public async Task One_that_wants_a_fresh_sign_in_is_neither_shown_nor_obeyed_later()
    {
        var paths = await PathsAsync(freshly: true);
        Assert.InRange(paths.Count, 8, 25);
        var bob = Provider.NewBrowser();
        await bob.SignInAsync(await bob.GetAsync("/account/login"), "bob");
        var token = (await bob.GetAsync("/account/profile")).Document.QuerySelector("input[name=__RequestVerificationToken]")!.GetAttribute("value")!;
        Provider.Skip(TimeSpan.FromMinutes(6));

        foreach (var path in paths)
        {
            Assert.True((await bob.GetAsync(path)).IsSignIn, path);
            Assert.True((await bob.PostAsync(path, [new("__RequestVerificationToken", token), new("remove", "true"), new("email", "mallory@people.example")])).IsSignIn, path);
        }

        Assert.False((await bob.GetAsync("/account")).IsSignIn);
        Assert.Empty(new Mailbox(Provider.Host, "mallory@people.example").All);
    }

    [Fact]
    public async Task Ten_megabytes_are_not_read()
    {
        foreach (var path in await PathsAsync())
        {
            using var content = new StringContent("username=" + new string('x', TenMegabytes), null, "application/x-www-form-urlencoded");
            var answer = await Provider.SendAsync(HttpMethod.Post, path, content);
            Assert.True(answer.Status is HttpStatusCode.SeeOther or HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge, $"{path}: {answer.Status}");
        }
    }

    [Fact]
    public async Task It_cannot_be_framed_or_kept_and_runs_no_foreign_scripts()
    {
        var alice = Provider.NewBrowser();
        await alice.SignInAsync(await alice.GetAsync("/account/login"));
        foreach (var path in await PathsAsync())
        {
            var page = await alice.GetAsync(path);
            Assert.True(page.Status is HttpStatusCode.OK or HttpStatusCode.BadRequest or HttpStatusCode.NotFound, $"{path}: {page.Status}");
            Assert.Equal("DENY", page.Header("X-Frame-Options"));
            Assert.Contains("frame-ancestors 'none'", page.Header("Content-Security-Policy"), StringComparison.Ordinal);
            Assert.Contains("script-src 'self';", page.Header("Content-Security-Policy"), StringComparison.Ordinal);
            Assert.Contains("no-store", page.Header("Cache-Control"), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example/")]
    [InlineData("/\\evil.example/")]
    [InlineData("javascript:alert(1)")]
    [InlineData("/account\r\nLocation: https://evil.example/")]
    public async Task No_way_on_leads_elsewhere(string elsewhere)
    {
        var alice = Provider.NewBrowser();
        await alice.SignInAsync(await alice.GetAsync("/account/login"));
        foreach (var browser in new[] { Provider.NewBrowser(), alice })
        {
            foreach (var path in (await PathsAsync()).Where(path => path != "/account/logout"))
            {
                var page = await browser.GetAsync($"{path}?returnUrl={Uri.EscapeDataString(elsewhere)}&destination={Uri.EscapeDataString(elsewhere)}");
                Assert.Null(page.Leaves);
                Assert.DoesNotContain(
                    page.Document.QuerySelectorAll("a[href], form[action], meta[http-equiv=refresh]"),
                    element => Uri.TryCreate(page.Url, element.GetAttribute("href") ?? element.GetAttribute("action") ?? element.GetAttribute("content") ?? "", out var target)
                        && (target.Host == "evil.example" || target.Scheme == "javascript"));
            }
        }
    }

    [Fact]
    public async Task One_that_was_given_to_another_browser_is_refused_and_one_of_an_ended_session_leads_to_the_sign_in()
    {
        var alice = Provider.NewBrowser();
        await alice.SignInAsync(await alice.GetAsync("/account/login"));
        List<(string Path, IReadOnlyList<KeyValuePair<string, string>> Fields)> forms = [];
        foreach (var path in await PathsAsync())
        {
            forms.AddRange(FormsOf(await alice.GetAsync(path)).Select(fields => (path, fields)));
        }

        Assert.InRange(forms.Count, 14, 100);
        var bob = Provider.NewBrowser();
        await bob.SignInAsync(await bob.GetAsync("/account/login"), "bob");
        foreach (var (path, fields) in forms)
        {
            Assert.True(IsRefused(await bob.PostAsync(path, fields)), path);
        }

        await alice.SubmitAsync(await alice.GetAsync("/account/logout"), "logout-confirm");
        foreach (var (path, fields) in forms)
        {
            var wantsSignIn = (await alice.GetAsync(path)).IsSignIn;
            var page = await alice.PostAsync(path, fields);
            Assert.True(wantsSignIn ? page.IsSignIn : (int)page.Status < 500, $"{path}: {page.Status} {page.Url}");
        }

        Assert.True((await alice.GetAsync("/account")).IsSignIn);
    }

    [Fact]
    public async Task One_that_is_sent_twice_as_it_came_is_answered_twice()
    {
        // People of its own: some of the forms end sessions.
        var provider = new Provider();
        await provider.InitializeAsync();
        try
        {
            foreach (var path in await PathsAsync())
            {
                var alice = provider.NewBrowser();
                await alice.SignInAsync(await alice.GetAsync("/account/login"));
                foreach (var fields in FormsOf(await alice.GetAsync(path)))
                {
                    for (var time = 1; time <= 2; time++)
                    {
                        var page = await alice.PostAsync(path, fields);
                        Assert.True((int)page.Status < 500 && page.Text.Length > 0, $"{path}, time {time}: {page.Status}");
                    }
                }
            }

            Assert.DoesNotContain(provider.Host.Log.Lines, line => line.Contains("Exception", StringComparison.Ordinal));
        }
        finally
        {
            await provider.DisposeAsync();
        }
    }

    [Fact]
    public async Task One_that_is_filled_in_with_what_has_no_normal_form_makes_no_failure()
    {
        var provider = new Provider();
        await provider.InitializeAsync();
        try
        {
            foreach (var path in await PathsAsync())
            {
                var alice = provider.NewBrowser();
                await alice.SignInAsync(await alice.GetAsync("/account/login"));
                foreach (var browser in new[] { alice, provider.NewBrowser() })
                {
                    foreach (var fields in FormsOf(await browser.GetAsync(path), "\uFFFEa@people.example"))
                    {
                        var page = await browser.PostAsync(path, fields);
                        Assert.True((int)page.Status < 500 && page.Text.Length > 0, $"{path}: {page.Status}");
                    }
                }
            }

            Assert.DoesNotContain(provider.Host.Log.Lines, line => line.Contains("Exception", StringComparison.Ordinal));
        }
        finally
        {
            await provider.DisposeAsync();
        }
    }

    /// <summary>What a browser sends for each form of the page when nobody fills in anything, or everywhere the same.</summary>
    private static IEnumerable<IReadOnlyList<KeyValuePair<string, string>>> FormsOf(Page page, string? typed = null) =>
        from form in page.Document.Forms
        where form.Method == "post"
        let button = form.Elements.OfType<IHtmlButtonElement>().FirstOrDefault(button => button.Name is { Length: > 0 })
        select (IReadOnlyList<KeyValuePair<string, string>>)
        [
            .. form.Elements.OfType<IHtmlInputElement>()
                .Where(input => input is { IsDisabled: false, Name.Length: > 0 } && (input.Type is not ("checkbox" or "radio") || input.IsChecked))
                .Select(input => KeyValuePair.Create(input.Name!, typed is not null && input.Type is "text" or "email" or "password" or "tel" or "url" ? typed! : input.Value)),
            .. button is null ? Array.Empty<KeyValuePair<string, string>>() : [KeyValuePair.Create(button.Name!, button.Value)],
        ];

    /// <summary>Led back to the page itself, as a form is that is out of date, or told off.</summary>
    private static bool IsRefused(Page page) =>
        page.Leaves is null
        && (page.Visited.Any(url => url.Query.Contains("stale=true", StringComparison.Ordinal)) || page.Status is HttpStatusCode.BadRequest or HttpStatusCode.NotFound);

    /// <summary>The addresses of our pages that answer a POST.</summary>
    private async Task<IReadOnlyList<string>> PathsAsync(bool freshly = false)
    {
        var loader = Provider.Host.Services.GetRequiredService<PageLoader>();
        var paths = new List<string>();
        foreach (var page in Provider.Host.Services.GetRequiredService<IActionDescriptorCollectionProvider>().ActionDescriptors.Items.OfType<PageActionDescriptor>())
        {
            var compiled = await loader.LoadAsync(page, EndpointMetadataCollection.Empty);
            if (compiled.ModelTypeInfo?.Assembly == typeof(UIServices).Assembly
                && compiled.HandlerMethods.Any(handler => string.Equals(handler.HttpMethod, "POST", StringComparison.OrdinalIgnoreCase))
                && page.AttributeRouteInfo?.Template is { } template && !template.Contains('{', StringComparison.Ordinal)
                && !template.StartsWith("dev/", StringComparison.OrdinalIgnoreCase)
                && (!freshly || compiled.ModelTypeInfo.GetCustomAttribute<SignedInAttribute>() is { Freshly: true }))
            {
                paths.Add("/" + template.TrimStart('/'));
            }
        }

        return [.. paths.Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.Ordinal)];
    }
}

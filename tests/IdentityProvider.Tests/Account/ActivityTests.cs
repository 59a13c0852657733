using System.Net;
using System.Reflection;
using System.Xml.Linq;
using IdentityProvider.Accounts.Events;
using IdentityProvider.Accounts.Transitions;
using IdentityProvider.Protocol.Events;
using IdentityProvider.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace IdentityProvider.Tests.Account;

/// <summary>What happened to an account, as its person sees it.</summary>
public sealed class ActivityTests(AccountServer server) : IClassFixture<AccountServer>
{
    private Provider Provider => server.Provider;

    [Fact]
    [Trait("row", "E2")]
    public async Task A_change_is_listed_at_once_with_when_and_from_where()
    {
        var browser = await server.SignInAsync("ada");
        await browser.SubmitAsync(await browser.GetAsync("/account/profile"), "profile-submit", ("name", "Ada"), ("locale", "en"));

        var page = await browser.GetAsync("/account/activity");

        var entry = page.Document.QuerySelectorAll(".activity li").Single(row => row.TextContent.Contains("You changed your profile", StringComparison.Ordinal));
        Assert.Contains("127.0.0.1", entry.TextContent, StringComparison.Ordinal);
        Assert.Contains("Firefox", entry.TextContent, StringComparison.Ordinal);
        Assert.NotNull(entry.QuerySelector("time[datetime]"));
        Assert.NotNull(page.Document.QuerySelector("a[href='/account/sessions/end']"));
    }

    [Theory]
    [InlineData("consent-allow", "You gave an app access")]
    [InlineData("consent-deny", "You refused an app access")]
    [Trait("row", "E1")]
    public async Task Access_that_a_person_gave_or_refused_is_listed_with_its_app(string button, string words)
    {
        var browser = await server.SignInAsync("eve");
        var page = await browser.GetAsync(RelyingParty.AuthorizeUrl(Provider.Client("partner").Request(changes: ("scope", "openid profile"))));
        await browser.SubmitAsync(page, button);

        // Written in the background.
        for (var attempt = 0; ; attempt++)
        {
            page = await browser.GetAsync("/account/activity");
            if (page.Document.QuerySelectorAll(".activity li").Any(row => row.TextContent.Contains(words, StringComparison.Ordinal)) || attempt == 100)
            {
                break;
            }

            await Task.Delay(50);
        }

        Assert.Contains(words, page.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("en", "The operator set a new password", "A new password was set by mail")]
    [InlineData("de", "Der Betreiber hat ein neues Passwort gesetzt", "Ein neues Passwort wurde per E-Mail gesetzt")]
    public async Task A_password_that_an_operator_set_did_not_come_by_mail(string language, string words, string otherwise)
    {
        var name = language == "en" ? "gus" : "hal";
        var user = await server.FindAsync(name);
        await Provider.Host.Services.GetRequiredService<IAccountTransitions>().ResetPasswordAsync(user.Id, user.PasswordHash!);
        var browser = await server.SignInAsync(name);
        browser.Cookies.Add(new Uri(Provider.Issuer), new Cookie("idp.language", language));

        var page = await browser.GetAsync("/account/activity");

        Assert.Contains(words, page.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(otherwise, page.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pages_follow_each_other_without_a_gap_and_types_without_words_are_named()
    {
        var user = await server.FindAsync("ben");
        var sink = Provider.Host.Services.GetRequiredService<IEventSink>();
        var start = Provider.Time.GetUtcNow();
        await sink.WriteAsync([.. Enumerable.Range(0, 60).Select(index => new SecurityEvent { Type = $"of_a_host_{index}", OccurredAt = start.AddSeconds(-(index / 2)), SubjectId = user.Id })], CancellationToken.None);
        var browser = await server.SignInAsync("ben");

        var seen = new List<string>();
        var page = await browser.GetAsync("/account/activity");
        while (true)
        {
            seen.AddRange(page.Document.QuerySelectorAll(".activity li").Select(row => row.TextContent).Where(text => text.Contains("of_a_host_", StringComparison.Ordinal)));
            if (page.Document.GetElementById("older") is not { } older)
            {
                break;
            }

            page = await browser.GetAsync(older.GetAttribute("href")!);
        }

        Assert.Equal(60, seen.Distinct().Count());
        Assert.Equal(60, seen.Count);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("-")]
    [InlineData("99999999999999999999-1")]
    [InlineData("9223372036854775807-1")]
    [InlineData("%00-%00")]
    public async Task What_is_no_place_in_the_list_begins_with_the_latest(string below)
    {
        var browser = await server.SignInAsync("dora");
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/account/activity?below=" + below)).Status);
    }

    [Fact]
    [Trait("row", "D6")]
    public async Task Nobody_sees_what_happened_to_somebody_else()
    {
        var emil = await server.SignInAsync("emil");
        await emil.SubmitAsync(await emil.GetAsync("/account/profile"), "profile-submit", ("name", "Emil"), ("locale", "en"));
        var fay = await server.SignInAsync("fay");
        Assert.DoesNotContain("You changed your profile", (await fay.GetAsync("/account/activity")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_type_of_event_has_words()
    {
        var file = Path.Combine(Repository.Root, "ui", "IdentityProvider.UI", "Localization", "Texts.resx");
        var texts = XDocument.Load(file).Root!.Elements("data").Select(data => data.Attribute("name")!.Value).ToHashSet(StringComparer.Ordinal);
        var types = new[] { typeof(AccountEventTypes), typeof(SecurityEventTypes) }
            .SelectMany(type => type.GetFields(BindingFlags.Public | BindingFlags.Static)).Select(field => "Activity." + field.GetRawConstantValue());
        Assert.DoesNotContain(types, type => !texts.Contains(type));
    }
}

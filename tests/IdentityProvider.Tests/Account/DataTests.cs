using System.Text.Json;
using IdentityProvider.Accounts.Notifications;
using IdentityProvider.Storage.Users;
using IdentityProvider.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace IdentityProvider.Tests.Account;

/// <summary>The copy of all that is stored about a person, and the deletion of their account.</summary>
public sealed class DataTests(AccountServer server) : IClassFixture<AccountServer>
{
    private Provider Provider => server.Provider;

    [Fact]
    public async Task The_copy_has_all_that_the_pages_show_and_nothing_that_lets_anybody_in()
    {
        var browser = await server.SignInAsync("ada");
        await browser.SubmitAsync(await browser.GetAsync("/account/profile"), "profile-submit", ("name", "Ada"), ("locale", "de"));
        await Provider.Client("web").SignInAsync(browser, "openid profile offline_access");
        await server.SignInAsync("ben");

        var file = await browser.SubmitAsync(await browser.GetAsync("/account/data/export"), "export-submit");

        Assert.Equal("application/json", file.Response.Content.Headers.ContentType?.MediaType);
        Assert.Equal("attachment", file.Response.Content.Headers.ContentDisposition?.DispositionType);
        Assert.Equal("no-store", file.Header("Cache-Control"));
        var data = JsonDocument.Parse(file.Text).RootElement;
        var user = await server.FindAsync("ada");
        Assert.Equal(
            ["format", "exported_at", "subject", "profile", "claims", "passkeys", "authenticator_app_since", "recovery_codes_left", "external_logins", "sessions", "devices", "apps", "activity"],
            data.EnumerateObject().Select(member => member.Name));
        Assert.Equal(user.Id, data.GetProperty("subject").GetGuid());
        Assert.Equal(("ada", "ada@example.org", "de"), (Text("username"), Text("email"), Text("language")));
        Assert.Contains(data.GetProperty("claims").EnumerateArray(), claim => claim.GetProperty("type").GetString() == "name" && claim.GetProperty("value").GetString() == "Ada");
        Assert.Equal("web", Assert.Single(data.GetProperty("apps").EnumerateArray()).GetProperty("client_id").GetString());
        Assert.Single(data.GetProperty("sessions").EnumerateArray());
        Assert.Contains(data.GetProperty("activity").EnumerateArray(), entry => entry.GetProperty("type").GetString() == "profile_changed");
        Assert.DoesNotContain(user.PasswordHash!, file.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(user.SecurityStamp!, file.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("ben", file.Text, StringComparison.Ordinal);

        string? Text(string member) => data.GetProperty("profile").GetProperty(member).GetString();
    }

    [Theory]
    [InlineData("/account/data/export", "export-submit")]
    [InlineData("/account/data/delete", "delete-submit")]
    public async Task Both_take_a_fresh_sign_in(string address, string button)
    {
        var browser = await server.SignInAsync("cleo");
        var form = await browser.GetAsync(address);
        Provider.Skip(TimeSpan.FromMinutes(6));
        Assert.True((await browser.SubmitAsync(form, button)).IsSignIn);
        Assert.True((await browser.GetAsync(address)).IsSignIn);
        Assert.Null((await server.FindAsync("cleo")).DeleteAfter);
        Assert.True((await Provider.NewBrowser().GetAsync(address)).IsSignIn);
    }

    [Fact]
    public async Task Who_signs_in_within_the_grace_decides_first_and_a_client_waits_for_it()
    {
        var browser = await server.SignInAsync("dora");
        var client = Provider.Client("web");
        var before = await client.SignInAsync(browser, "openid offline_access");
        var other = await server.SignInAsync("dora");

        var page = await browser.SubmitAsync(await browser.GetAsync("/account/data/delete"), "delete-submit");

        Assert.Equal("/account/goodbye", page.Url.AbsolutePath);
        Assert.True((await browser.GetAsync("/account")).IsSignIn);
        Assert.True((await other.GetAsync("/account")).IsSignIn);
        (await client.RefreshAsync(before.RefreshToken)).Fails("invalid_grant");
        Assert.InRange((await server.FindAsync("dora")).DeleteAfter!.Value - Provider.Time.GetUtcNow(), TimeSpan.FromDays(13.9), TimeSpan.FromDays(14));
        Assert.Contains("will be deleted", (await MailToAsync("dora@example.org")).Subject, StringComparison.Ordinal);

        var again = Provider.NewBrowser();
        page = await again.CompleteAsync(RelyingParty.AuthorizeUrl(client.Request()), "dora");
        Assert.True(page.Has("keep-submit"));
        Assert.Equal("/account/keep", (await again.GetAsync("/account/profile")).Url.AbsolutePath);
        var silent = client.Request("openid", ("prompt", "none"));
        FlowChecks.CheckError(Provider, silent, Callback.Of(await again.GetAsync(RelyingParty.AuthorizeUrl(silent))), "login_required");

        page = await again.SubmitAsync(page, "keep-submit");
        Assert.NotNull(page.Leaves);
        Assert.Null((await server.FindAsync("dora")).DeleteAfter);
        Assert.Equal("/account/profile", (await again.GetAsync("/account/profile")).Url.AbsolutePath);
    }

    [Fact]
    public async Task Once_the_grace_is_over_the_account_is_gone()
    {
        var browser = await server.SignInAsync("emil");
        await browser.SubmitAsync(await browser.GetAsync("/account/data/delete"), "delete-submit");
        var job = Provider.Host.Services.GetRequiredService<DueDeletions>();
        Assert.Equal(0, await job.RunAsync(CancellationToken.None));

        Provider.Skip(TimeSpan.FromDays(14) + TimeSpan.FromMinutes(1));

        Assert.Equal(1, await job.RunAsync(CancellationToken.None));
        Assert.False(await server.ExistsAsync("emil"));
        var page = await Provider.NewBrowser().GetAsync("/account/login");
        Assert.True((await Provider.NewBrowser().SignInAsync(page, "emil")).IsSignIn);
    }

    [Fact]
    public async Task A_deletion_without_its_token_is_not_obeyed()
    {
        var browser = await server.SignInAsync("fay");
        var page = await browser.PostAsync("/account/data/delete", []);
        Assert.Equal("/account/data/delete?stale=true", page.Url.PathAndQuery);
        Assert.Null((await server.FindAsync("fay")).DeleteAfter);
    }

    /// <summary>The outbox delivers by itself.</summary>
    private async Task<MailMessage> MailToAsync(string address) => (await new Mailbox(Provider.Host, address).NextAsync()).Message;
}

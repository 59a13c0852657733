using System.Text.RegularExpressions;
using IdentityProvider.Accounts.Notifications;
using IdentityProvider.Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Configuration;

/// <summary><c>idp mail</c>, beside a server whose mail server does not answer.</summary>
public sealed class MailCommandTests : IAsyncLifetime
{
    private readonly Provider _provider = new();
    private string[] _settings = [];

    public static TheoryData<string> Templates => [.. MailTemplates.All];

    public async Task InitializeAsync()
    {
        await _provider.StartAsync(options =>
        {
            options.Settings["Mail:Provider"] = "Smtp";
            options.Settings["Mail:Smtp:Host"] = "127.0.0.1";
            options.Settings["Mail:Smtp:Port"] = "1";
            options.Settings["Mail:From"] = "idp@example.com";
        });
        var directory = _provider.Host.Directory;
        _settings =
        [
            "--environment=Development", "--Database:Provider=Sqlite", $"--ConnectionStrings:Database=Data Source={directory}/idp.db",
            $"--Keys:Directory={directory}/keys", "--Argon2:MemoryKiB=8", "--Argon2:Iterations=1",
        ];
    }

    public Task DisposeAsync() => _provider.DisposeAsync();

    [Theory]
    [MemberData(nameof(Templates))]
    public async Task A_preview_shows_a_mail_with_all_that_it_says(string template)
    {
        foreach (var language in new[] { "en", "de", "fr", "es", "ar" })
        {
            var text = await IdpAsync("mail", "preview", template, "--culture", language);
            Assert.Matches("(?m)^Subject: .+$", text);

            // A value that is missing is shown as a dash.
            Assert.DoesNotMatch(@"[{}]|: –|\(–\)|^–$", text);
            var html = await IdpAsync("mail", "preview", template, "--culture", language, "--html");
            Assert.Contains($"<html lang=\"{language}\" dir=\"{(language == "ar" ? "rtl" : "ltr")}\">", html, StringComparison.Ordinal);
        }

        var english = await IdpAsync("mail", "preview", template);
        Assert.Equal(template is MailTemplates.SignInCode or MailTemplates.VerifyEmail or MailTemplates.ChangeEmail, english.Contains("123456", StringComparison.Ordinal));
        Assert.Equal(
            template is MailTemplates.VerifyEmail or MailTemplates.ChangeEmail or MailTemplates.ResetPassword or MailTemplates.EmailChanged or MailTemplates.NewSignIn,
            english.Contains("?token=sample", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_mail_that_cannot_be_sent_is_listed_with_the_reason_and_tried_again_when_wanted()
    {
        Assert.Contains("No mail waits", await IdpAsync("mail", "list"), StringComparison.Ordinal);
        await IdpAsync("users", "lock", "alice", "--reason", "lost phone");

        var listed = await EventuallyAsync(text => text.Contains("refused", StringComparison.OrdinalIgnoreCase));
        var id = Regex.Match(listed, @"(?m)^(\d+) +waiting +\d+ .* locked-by-operator +alice@people\.example$").Groups[1].Value;
        Assert.NotEmpty(id);

        await _provider.Host.ExecuteAsync($"UPDATE outbox SET given_up_at = created_at WHERE id = {id}");
        Assert.Matches($@"(?m)^{id} +given up ", await IdpAsync("mail", "list"));
        Assert.StartsWith("1 due now", await IdpAsync("mail", "retry", id), StringComparison.Ordinal);
        Assert.Matches($@"(?m)^{id} +waiting ", await IdpAsync("mail", "list"));

        await _provider.Host.ExecuteAsync($"UPDATE outbox SET given_up_at = created_at WHERE id = {id}");
        Assert.StartsWith("1 due now", await IdpAsync("mail", "retry"), StringComparison.Ordinal);
        var (code, _, error) = await Startup.RunAsync([.. (string[])["mail", "retry", "4711"], .. _settings]);
        Assert.Equal(1, code);
        Assert.Contains("There is no mail 4711", error, StringComparison.Ordinal);
    }

    private async Task<string> EventuallyAsync(Func<string, bool> condition)
    {
        for (var attempt = 0; attempt < 100; attempt++)
        {
            if (await IdpAsync("mail", "list") is var text && condition(text))
            {
                return text;
            }

            // The dispatcher looks every few seconds of the server's clock.
            _provider.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(50);
        }

        throw new TimeoutException("The mail was not tried: " + await IdpAsync("mail", "list"));
    }

    private async Task<string> IdpAsync(params string[] command)
    {
        var (code, output, error) = await Startup.RunAsync([.. command, .. _settings]);
        Assert.True(code == 0, error);
        return output;
    }
}

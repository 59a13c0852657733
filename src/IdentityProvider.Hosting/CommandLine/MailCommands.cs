using System.Globalization;
using IdentityProvider.Accounts.Notifications;
using IdentityProvider.Hosting.Configuration;
using IdentityProvider.Hosting.Mail;
using Microsoft.Extensions.DependencyInjection;

namespace IdentityProvider.Hosting.CommandLine;

/// <summary>What <c>idp mail …</c> does.</summary>
internal sealed class MailCommands(ServerFactory factory, TextWriter output, TimeProvider time)
{
    private const int LongestList = 200;

    public async Task<int> TestAsync(string[] settings, string to, CancellationToken cancellationToken)
    {
        await using var app = factory.BuildForCommand(settings);
        var issuer = app.Services.GetRequiredService<ServerSettings>().Issuer.Authority;
        if (app.Services.GetRequiredService<IMailSender>() is DevelopmentMailbox)
        {
            throw new ConfigurationException("No mail provider is configured. Set Mail:Provider to Smtp or SendGrid.");
        }

        var message = new MailMessage(to, $"Test mail from {issuer}", $"This is a test. {issuer} can send mail.");
        await app.Services.GetRequiredService<IMailSender>().SendAsync(message, cancellationToken);
        await output.WriteLineAsync($"Handed over for {to}.");
        return 0;
    }

    /// <summary>What waits and what was given up, never what a mail says.</summary>
    public async Task<int> ListAsync(string[] settings, CancellationToken cancellationToken)
    {
        await using var app = await factory.OpenAsync(settings, cancellationToken);
        var mails = await app.Services.GetRequiredService<IMailOutbox>().ListAsync(LongestList, cancellationToken);
        if (mails.Count == 0)
        {
            await output.WriteLineAsync("No mail waits, and none was given up.");
            return 0;
        }

        await output.WriteLineAsync($"{"ID",-8} {"STATE",-8} {"TRIES",5} {"WRITTEN",-20} {"NEXT TRY",-20} {"TEMPLATE",-18} TO");
        foreach (var mail in mails)
        {
            var (state, next) = mail.GivenUpAt is not null ? ("given up", "-") : (mail.IsUnderWay ? "sending" : "waiting", $"{mail.DueAt:u}");
            await output.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture, $"{mail.Id,-8} {state,-8} {mail.Attempts,5} {mail.CreatedAt,-20:u} {next,-20} {mail.Template,-18} {mail.To}"));
            if (mail.LastError is { } error)
            {
                await output.WriteLineAsync($"         {error}");
            }
        }

        return 0;
    }

    public async Task<int> RetryAsync(string[] settings, string? mail, CancellationToken cancellationToken)
    {
        // Without a number, the first setting stands where it would.
        if (mail?.StartsWith("--", StringComparison.Ordinal) == true)
        {
            (settings, mail) = ([mail, .. settings], null);
        }

        long? id = mail is null ? null
            : long.TryParse(mail, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
            : throw new ConfigurationException($"'{mail}' is no number of a mail. `idp mail list` shows them.");
        await using var app = await factory.OpenAsync(settings, cancellationToken);
        var count = await app.Services.GetRequiredService<IMailOutbox>().RetryAsync(id, cancellationToken);
        if (id is not null && count == 0)
        {
            throw new ConfigurationException($"There is no mail {id} that waits or was given up. `idp mail list` shows them; one that is being sent cannot be sent again.");
        }

        await output.WriteLineAsync($"{count} due now; a running server sends within seconds.");
        return 0;
    }

    /// <summary>A mail with sample values, as it would be sent.</summary>
    public async Task<int> PreviewAsync(string[] settings, string template, string? culture, bool html)
    {
        if (!MailTemplates.All.Contains(template))
        {
            throw new ConfigurationException($"There is no template '{template}'. There are: {string.Join(", ", MailTemplates.All)}.");
        }

        await using var app = factory.BuildForCommand(settings);
        var mail = new OutgoingMail
        {
            Template = template,
            To = "alice@example.com",
            Culture = culture,
            Values = new Dictionary<string, string>
            {
                ["username"] = "alice",
                ["client"] = "Acme Web",
                ["change"] = "passkey_added",
                ["date"] = "2030-01-31",
                ["time"] = time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture),
                ["address"] = "203.0.113.7",
                ["device"] = "Firefox, Linux",
                ["country"] = "IE",
            },
        };
        var secrets = new Dictionary<string, string>();
        if (template is MailTemplates.VerifyEmail or MailTemplates.ChangeEmail or MailTemplates.SignInCode)
        {
            secrets["code"] = "123456";
        }

        if (template is MailTemplates.VerifyEmail or MailTemplates.ChangeEmail or MailTemplates.ResetPassword or MailTemplates.EmailChanged or MailTemplates.NewSignIn)
        {
            secrets["token"] = "sample";
        }

        var message = app.Services.GetRequiredService<MailRenderer>().Render(mail, secrets);
        await output.WriteLineAsync(html ? message.Html : $"To: {message.To}\nSubject: {message.Subject}\n\n{message.Text}");
        return 0;
    }
}

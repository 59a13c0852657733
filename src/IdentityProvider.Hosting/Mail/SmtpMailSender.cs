using System.Net;
using System.Net.Mail;
using System.Net.Mime;
using System.Text;
using IdentityProvider.Accounts.Notifications;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Hosting.Mail;

/// <summary>Sends by SMTP with STARTTLS.</summary>
internal sealed class SmtpMailSender(IOptions<MailSection> options) : IMailSender
{
    private const int TimeoutMilliseconds = 15_000;

    public async Task SendAsync(Accounts.Notifications.MailMessage message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        var smtp = options.Value.Smtp;
        using var client = new SmtpClient(smtp.Host, smtp.Port) { EnableSsl = smtp.StartTls, Timeout = TimeoutMilliseconds };
        if (smtp.Username is not null)
        {
            client.Credentials = new NetworkCredential(smtp.Username, smtp.Password);
        }

        try
        {
            using var mail = Build(message, options.Value.From!);
            // SmtpClient heeds its time-out in synchronous calls only.
            await client.SendMailAsync(mail, cancellationToken).WaitAsync(TimeSpan.FromMilliseconds(TimeoutMilliseconds), cancellationToken);
        }
        catch (Exception error) when (error is SmtpException or TimeoutException or FormatException)
        {
            throw new MailDeliveryException($"The mail could not be handed to {smtp.Host}:{smtp.Port}: {error.InnerException?.Message ?? error.Message}", error)
            {
                IsPermanent = error is FormatException or SmtpException { StatusCode: >= SmtpStatusCode.MailboxUnavailable },
            };
        }
    }

    private static System.Net.Mail.MailMessage Build(Accounts.Notifications.MailMessage message, string from)
    {
        var mail = new System.Net.Mail.MailMessage(from, message.To)
        {
            Subject = message.Subject,
            SubjectEncoding = Encoding.UTF8,
            Body = message.Text,
            BodyEncoding = Encoding.UTF8,
        };
        // RFC 3834 §5: keeps vacation responders quiet.
        mail.Headers.Add("Auto-Submitted", "auto-generated");
        if (message.Id is { } id)
        {
            mail.Headers.Add("Message-ID", $"<{id}@{mail.From!.Host}>");
        }

        if (message.Html is { } html)
        {
            mail.AlternateViews.Add(AlternateView.CreateAlternateViewFromString(html, Encoding.UTF8, MediaTypeNames.Text.Html));
        }

        return mail;
    }
}

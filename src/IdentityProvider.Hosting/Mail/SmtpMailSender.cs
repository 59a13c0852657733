using System.Net.Sockets;
using IdentityProvider.Accounts.Notifications;
using MailKit.Net.Smtp;
using MailKit.Security;
using Microsoft.Extensions.Options;
using MimeKit;

namespace IdentityProvider.Hosting.Mail;

/// <summary>Hands mail to an SMTP server (RFC 5321, RFC 6409), by a connection for each.</summary>
internal sealed class SmtpMailSender(IOptions<MailSection> options) : IMailSender
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(15);

    public async Task SendAsync(MailMessage message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        var smtp = options.Value.Smtp;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_limit);

        // A certificate authority that does not answer must not stop the mail.
        using var client = new SmtpClient { CheckCertificateRevocation = false };
        try
        {
            using var mail = Build(message, options.Value.From!);
            await client.ConnectAsync(smtp.Host!, smtp.Port, OptionsOf(smtp.Security), limit.Token);
            if (smtp.Username is not null)
            {
                await client.AuthenticateAsync(smtp.Username, smtp.Password ?? "", limit.Token);
            }

            await client.SendAsync(mail, limit.Token);
        }
        catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            throw Failure($"no answer within {s_limit.TotalSeconds} s", permanent: false, error);
        }
        catch (Exception error) when (error is SmtpCommandException or SmtpProtocolException or AuthenticationException or SslHandshakeException
            or ParseException or IOException or SocketException or NotSupportedException)
        {
            throw Failure(error.Message, IsPermanent(error), error);
        }

        // It has been accepted: what goes wrong at the farewell must not send it once more.
        await DisconnectAsync(client, limit.Token);

        MailDeliveryException Failure(string reason, bool permanent, Exception error) =>
            new($"The mail could not be handed to {smtp.Host}:{smtp.Port}: {reason}", error) { IsPermanent = permanent };
    }

    private static async Task DisconnectAsync(SmtpClient client, CancellationToken cancellationToken)
    {
        try
        {
            await client.DisconnectAsync(quit: true, cancellationToken);
        }
        catch (Exception error) when (error is SmtpProtocolException or SmtpCommandException or IOException or SocketException or OperationCanceledException)
        {
            // The server has the mail.
        }
    }

    private static SecureSocketOptions OptionsOf(SmtpSecurity security) => security switch
    {
        SmtpSecurity.Tls => SecureSocketOptions.SslOnConnect,
        SmtpSecurity.None => SecureSocketOptions.None,
        _ => SecureSocketOptions.StartTls,
    };

    /// <summary>
    /// A 5xx about the address or the message is the last word about this mail; one about us (authentication, relaying) is put right by an
    /// operator some day.
    /// </summary>
    private static bool IsPermanent(Exception error) => error switch
    {
        ParseException => true,
        SmtpCommandException refused => (int)refused.StatusCode is >= 500 and < 600
            && refused.ErrorCode is SmtpErrorCode.RecipientNotAccepted or SmtpErrorCode.MessageNotAccepted,
        _ => false,
    };

    private static MimeMessage Build(MailMessage message, string from)
    {
        var sender = MailboxAddress.Parse(from);
        var mail = new MimeMessage
        {
            Subject = message.Subject,
            Body = new BodyBuilder { TextBody = message.Text, HtmlBody = message.Html }.ToMessageBody(),
        };
        mail.From.Add(sender);
        mail.To.Add(new MailboxAddress("", message.To));

        // RFC 3834 §5: keeps vacation responders quiet.
        mail.Headers.Add(HeaderId.AutoSubmitted, "auto-generated");
        if (message.Id is { } id)
        {
            mail.MessageId = $"{id}@{sender.Domain}";
        }

        return mail;
    }
}

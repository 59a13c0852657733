using IdentityProvider.Accounts.Notifications;
using IdentityProvider.Hosting.Mail;
using MimeKit;
using Microsoft.Extensions.Options;
using SmtpServer.Protocol;
using Xunit;

namespace IdentityProvider.Tests.Mail;

/// <summary>Against a mail server that we did not write.</summary>
[Trait("row", "D4")]
public sealed class SmtpTests
{
    private static readonly MailMessage s_message =
        new("alice@example.com", "Bestätigen Sie Ihre Adresse", "Grüß Gott\n.\nein Punkt allein", "<p>Grüß Gott</p>") { Id = "abc123" };

    [Fact]
    public async Task A_mail_arrives_as_text_and_HTML_with_the_headers_that_machines_need()
    {
        await using var server = await SmtpCatcher.StartAsync();

        await SenderFor(server).SendAsync(s_message, CancellationToken.None);

        var mail = Assert.Single(server.Mails);
        Assert.Equal(s_message.Subject, mail.Subject);
        Assert.Equal(s_message.Text, mail.TextBody!.ReplaceLineEndings("\n").TrimEnd());
        Assert.Equal(s_message.Html, mail.HtmlBody!.TrimEnd());
        Assert.Equal("\"Accounts\" <accounts@id.example>", mail.From.ToString());
        Assert.Equal("alice@example.com", mail.To.ToString());
        Assert.Equal("auto-generated", mail.Headers[HeaderId.AutoSubmitted]);
        Assert.Equal("abc123@id.example", mail.MessageId);
        Assert.True(Assert.IsType<MultipartAlternative>(mail.Body)[0] is TextPart { IsPlain: true }, "The plain text comes first.");
    }

    [Theory]
    [InlineData(SmtpReplyCode.MailboxUnavailable, true)]
    [InlineData(SmtpReplyCode.SizeLimitExceeded, true)]
    [InlineData(SmtpReplyCode.ServiceUnavailable, false)]
    public async Task A_recipient_that_is_refused_for_good_is_not_tried_again(SmtpReplyCode code, bool permanent)
    {
        await using var server = await SmtpCatcher.StartAsync();
        server.RecipientAnswer = new SmtpResponse(code, "no");

        Assert.Equal(permanent, (await FailsAsync(server)).IsPermanent);
        Assert.Empty(server.Mails);
    }

    [Theory]
    [InlineData(SmtpReplyCode.TransactionFailed, true)]
    [InlineData(SmtpReplyCode.Aborted, false)]
    public async Task A_message_that_is_refused_for_good_is_not_tried_again(SmtpReplyCode code, bool permanent)
    {
        await using var server = await SmtpCatcher.StartAsync();
        server.MessageAnswer = new SmtpResponse(code, "no");

        Assert.Equal(permanent, (await FailsAsync(server)).IsPermanent);
    }

    [Fact]
    public async Task A_server_without_STARTTLS_gets_nothing_where_it_is_wanted()
    {
        await using var server = await SmtpCatcher.StartAsync();

        Assert.False((await FailsAsync(server, smtp => smtp.Security = SmtpSecurity.StartTls)).IsPermanent);
        Assert.Empty(server.Mails);
    }

    [Theory]
    [InlineData(SmtpSecurity.StartTls)]
    [InlineData(SmtpSecurity.Tls)]
    public async Task A_server_whose_certificate_nobody_vouches_for_gets_nothing(object security)
    {
        using var certificate = MailCertificate.Create();
        await using var server = await SmtpCatcher.StartAsync(implicitTls: security is SmtpSecurity.Tls, certificate: certificate);

        Assert.False((await FailsAsync(server, smtp => smtp.Security = (SmtpSecurity)security)).IsPermanent);
        Assert.Empty(server.Mails);
    }

    [Theory]
    [InlineData("StartTls")]
    [InlineData("Tls")]
    public async Task Over_TLS_and_with_a_password_the_test_mail_of_idp_arrives(string security)
    {
        using var certificate = MailCertificate.Create();
        await using var server = await SmtpCatcher.StartAsync(implicitTls: security == "Tls", certificate: certificate, authenticate: true);

        var (code, said) = await MailCertificate.RunTrustingAsync(
            certificate,
            "mail", "test", "--to", "ops@example.com", "--Mail:Provider=Smtp", "--Mail:From=accounts@id.example", "--Mail:Smtp:Host=localhost",
            $"--Mail:Smtp:Port={server.Port}", $"--Mail:Smtp:Security={security}",
            $"--Mail:Smtp:Username={SmtpCatcher.Username}", $"--Mail:Smtp:Password={SmtpCatcher.Password}");

        Assert.True(code == 0, said);
        Assert.Equal("ops@example.com", Assert.Single(server.Mails).To.ToString());
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_tried_again_later()
    {
        var server = new SmtpSection { Host = "127.0.0.1", Port = Ports.Free(), Security = SmtpSecurity.None };

        var error = await Assert.ThrowsAsync<MailDeliveryException>(() => SenderFor(server).SendAsync(s_message, CancellationToken.None));

        Assert.False(error.IsPermanent);
        Assert.Contains($"127.0.0.1:{server.Port}", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("alice@example.com\r\nBcc: mallory@example.com", "Hello")]
    [InlineData("alice@example.com, mallory@example.com", "Hello")]
    [InlineData("alice@example.com", "Hello\r\nBcc: mallory@example.com")]
    public async Task Nobody_writes_a_header_or_a_recipient_into_a_mail(string to, string subject)
    {
        await using var server = await SmtpCatcher.StartAsync();
        try
        {
            await SenderFor(server).SendAsync(new MailMessage(to, subject, "text"), CancellationToken.None);
        }
        catch (MailDeliveryException error)
        {
            Assert.True(error.IsPermanent);
        }

        Assert.DoesNotContain(server.Mails, mail => mail.Bcc.Count > 0 || mail.To.Count > 1 || mail.To.Mailboxes.Any(it => it.Address != "alice@example.com"));
    }

    private static async Task<MailDeliveryException> FailsAsync(SmtpCatcher server, Action<SmtpSection>? change = null) =>
        await Assert.ThrowsAsync<MailDeliveryException>(() => SenderFor(server, change).SendAsync(s_message, CancellationToken.None));

    private static SmtpMailSender SenderFor(SmtpCatcher server, Action<SmtpSection>? change = null)
    {
        var smtp = new SmtpSection { Host = "localhost", Port = server.Port, Security = SmtpSecurity.None };
        change?.Invoke(smtp);
        return SenderFor(smtp);
    }

    private static SmtpMailSender SenderFor(SmtpSection smtp) =>
        new(Options.Create(new MailSection { Provider = MailProvider.Smtp, From = "Accounts <accounts@id.example>", Smtp = smtp }));
}

using IdentityProvider.Accounts.Notifications;
using Microsoft.Extensions.DependencyInjection;
using SmtpServer.Protocol;
using Xunit;

namespace IdentityProvider.Tests.Mail;

/// <summary>From the outbox of a running server to a mail server.</summary>
[Trait("row", "D4")]
public sealed class DeliveryTests
{
    [Fact]
    public async Task A_mail_that_finds_no_server_waits_for_it_and_comes_once()
    {
        var port = Ports.Free();
        await using var host = await StartAsync(port);
        var outbox = host.Services.GetRequiredService<IMailOutbox>();
        await outbox.EnqueueAsync(Mail(), CancellationToken.None);
        var waiting = await UntilAsync(outbox, mail => mail is { Attempts: > 0, LastError: not null });
        Assert.Null(waiting.GivenUpAt);
        Assert.Contains($"localhost:{port}", waiting.LastError, StringComparison.Ordinal);

        await using var server = await SmtpCatcher.StartAsync(port);
        await outbox.RetryAsync(waiting.Id, CancellationToken.None);
        await UntilAsync(outbox, mail => mail is null);

        var mail = Assert.Single(server.Mails);
        Assert.Contains("alice", mail.TextBody, StringComparison.Ordinal);
        Assert.Contains(host.Issuer, mail.HtmlBody, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mail_that_is_refused_for_good_is_given_up_and_operators_see_why()
    {
        await using var server = await SmtpCatcher.StartAsync();
        server.RecipientAnswer = new SmtpResponse(SmtpReplyCode.MailboxUnavailable, "no such user here");
        await using var host = await StartAsync(server.Port);
        var outbox = host.Services.GetRequiredService<IMailOutbox>();

        await outbox.EnqueueAsync(Mail(), CancellationToken.None);
        for (var attempt = 0; attempt < 10; attempt++)
        {
            var seen = await UntilAsync(outbox, mail => mail is { GivenUpAt: not null } || (mail is { LastError: not null } && mail.Attempts > attempt));
            if (seen.GivenUpAt is not null)
            {
                Assert.Contains("no such user here", seen.LastError, StringComparison.Ordinal);
                return;
            }

            await outbox.RetryAsync(seen.Id, CancellationToken.None);
        }

        Assert.Fail("The mail was never given up.");
    }

    [Fact]
    public async Task What_a_mail_offers_is_not_sent_when_it_is_over()
    {
        await using var server = await SmtpCatcher.StartAsync();
        await using var host = await StartAsync(server.Port);
        var outbox = host.Services.GetRequiredService<IMailOutbox>();

        await outbox.EnqueueAsync(Mail() with { VoidAfter = TimeProvider.System.GetUtcNow().AddMinutes(-1) }, CancellationToken.None);

        await UntilAsync(outbox, mail => mail is null);
        Assert.Empty(server.Mails);
    }

    [Fact]
    public async Task What_only_the_reader_may_know_is_neither_in_the_outbox_nor_in_the_log()
    {
        await using var host = await StartAsync(Ports.Free());
        var outbox = host.Services.GetRequiredService<IMailOutbox>();
        var secrets = host.Services.GetRequiredService<MailSecrets>();

        var mail = Mail() with
        {
            Template = MailTemplates.ResetPassword,
            Sealed = secrets.Seal(new Dictionary<string, string> { ["token"] = "the-secret-token" }),
        };
        await outbox.EnqueueAsync(mail, CancellationToken.None);
        await UntilAsync(outbox, waiting => waiting is { LastError: not null });

        Assert.DoesNotContain("the-secret-token", mail.ToPayload(), StringComparison.Ordinal);
        Assert.DoesNotContain(host.Log.Lines, line => line.Contains("the-secret-token", StringComparison.Ordinal));
    }

    private static Task<TestHost> StartAsync(int port) => TestHost.StartAsync(options =>
    {
        options.Settings["Mail:Provider"] = "Smtp";
        options.Settings["Mail:From"] = "Accounts <accounts@id.example>";
        options.Settings["Mail:Smtp:Host"] = "localhost";
        options.Settings["Mail:Smtp:Port"] = $"{port}";
        options.Settings["Mail:Smtp:Security"] = "None";
    });

    private static OutgoingMail Mail() => new()
    {
        Template = MailTemplates.PasswordChanged,
        To = "alice@example.com",
        Values = new Dictionary<string, string> { ["username"] = "alice", ["time"] = "2026-11-27T08:00:00Z", ["address"] = "203.0.113.7" },
    };

    /// <summary>The one mail of the outbox, as soon as it is as it should be; null: gone.</summary>
    private static async Task<QueuedMail> UntilAsync(IMailOutbox outbox, Func<QueuedMail?, bool> condition)
    {
        for (var attempt = 0; attempt < 300; attempt++)
        {
            var mail = (await outbox.ListAsync(1, CancellationToken.None)).SingleOrDefault();
            if (condition(mail))
            {
                return mail!;
            }

            await Task.Delay(50);
        }

        throw new TimeoutException("The mail has not come so far.");
    }
}

using Microsoft.Extensions.Logging;

namespace IdentityProvider.Accounts.Notifications;

/// <summary>A mail that was kept instead of sent, and when.</summary>
public sealed record KeptMail(MailMessage Message, DateTimeOffset At);

/// <summary>Keeps the last mails in memory, for Development. The log has recipient and subject only, since a mail can carry a token.</summary>
public sealed partial class DevelopmentMailbox(TimeProvider time, ILogger<DevelopmentMailbox> logger) : IMailSender
{
    private const int Capacity = 50;
    private readonly Lock _lock = new();
    private readonly Queue<KeptMail> _mails = new();

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<KeptMail> Mails
    {
        get
        {
            lock (_lock)
            {
                return [.. _mails];
            }
        }
    }

    /// <inheritdoc />
    public Task SendAsync(MailMessage message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        lock (_lock)
        {
            if (_mails.Count == Capacity)
            {
                _mails.Dequeue();
            }

            _mails.Enqueue(new KeptMail(message, time.GetUtcNow()));
        }

        Kept(message.To, message.Subject);
        return Task.CompletedTask;
    }

    [LoggerMessage(4000, LogLevel.Information, "Mail to {Recipient} kept in memory, see /dev/mailbox: {Subject}")]
    private partial void Kept(string recipient, string subject);
}

using IdentityProvider.Accounts.Notifications;
using Microsoft.Extensions.Logging;

namespace IdentityProvider.Hosting.Mail;

/// <summary>Keeps the last mails in memory, for Development. The log has recipient and subject only, since a mail can carry a token.</summary>
internal sealed partial class DevelopmentMailbox(ILogger<DevelopmentMailbox> logger) : IMailSender
{
    private const int Capacity = 50;
    private readonly Lock _lock = new();
    private readonly Queue<MailMessage> _messages = new();

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<MailMessage> Messages
    {
        get
        {
            lock (_lock)
            {
                return [.. _messages];
            }
        }
    }

    public Task SendAsync(MailMessage message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        lock (_lock)
        {
            if (_messages.Count == Capacity)
            {
                _messages.Dequeue();
            }

            _messages.Enqueue(message);
        }

        Kept(message.To, message.Subject);
        return Task.CompletedTask;
    }

    [LoggerMessage(4000, LogLevel.Information, "Mail to {Recipient} kept in memory: {Subject}")]
    private partial void Kept(string recipient, string subject);
}

/// <summary>Refuses every mail: outside Development without a provider, a lost mail must not look like a sent one.</summary>
internal sealed class NoMailSender : IMailSender
{
    public Task SendAsync(MailMessage message, CancellationToken cancellationToken) =>
        throw new MailDeliveryException("No mail provider is configured. Set Mail:Provider to Smtp or SendGrid.");
}

using IdentityProvider.Accounts.Notifications;

namespace IdentityProvider.Hosting.Mail;

/// <summary>Refuses every mail: outside Development without a provider, a lost mail must not look like a sent one.</summary>
internal sealed class NoMailSender : IMailSender
{
    public Task SendAsync(MailMessage message, CancellationToken cancellationToken) =>
        throw new MailDeliveryException("No mail provider is configured. Set Mail:Provider to Smtp or SendGrid.");
}

using System.Security.Cryptography;
using System.Text;
using IdentityProvider.Accounts.Notifications;
using IdentityProvider.Protocol.Outbox;
using Microsoft.Extensions.DependencyInjection;

namespace IdentityProvider.Hosting.Mail;

/// <summary>Sends the mails of the outbox.</summary>
internal sealed class MailDelivery(MailRenderer renderer, MailSecrets secrets, IServiceProvider services) : IOutboxHandler
{
    private const int IdSize = 16;

    public string Kind => OutgoingMail.Kind;

    public async Task<Delivery> DeliverAsync(OutboxMessage queued)
    {
        var mail = OutgoingMail.Parse(queued.Payload);
        if (mail.VoidAfter <= queued.ClaimedAt)
        {
            return new Delivery(DeliveryVerdict.Void, $"{mail.Template}: what it offers is over");
        }

        var message = renderer.Render(mail, secrets.Open(mail)) with
        {
            Id = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(queued.Payload)).AsSpan(0, IdSize)),
        };
        try
        {
            // Asked for at each mail: what sends over HTTP is made anew, so that it notices when a name moves.
            await services.GetRequiredService<IMailSender>().SendAsync(message, CancellationToken.None);
            return new Delivery(DeliveryVerdict.Delivered, mail.Template);
        }
        catch (MailDeliveryException error)
        {
            return new Delivery(error.IsPermanent ? DeliveryVerdict.Refused : DeliveryVerdict.Failed, $"{mail.Template}: {error.Message}");
        }
    }
}

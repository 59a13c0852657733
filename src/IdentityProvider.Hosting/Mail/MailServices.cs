using IdentityProvider.Accounts.Notifications;
using IdentityProvider.Hosting.Configuration;
using IdentityProvider.Protocol.Outbox;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace IdentityProvider.Hosting.Mail;

internal static class MailServices
{
    /// <summary>Registers the configured sender, unless the host has registered one of its own.</summary>
    public static IServiceCollection AddMail(this IServiceCollection services, MailProvider provider, bool development)
    {
        services.AddSection<MailSection>("Mail");
        services.AddSingleton<MailRenderer>();
        services.AddSingleton<IOutboxHandler, MailDelivery>();
        switch (provider)
        {
            case MailProvider.Smtp:
                services.TryAddSingleton<IMailSender, SmtpMailSender>();
                break;
            case MailProvider.SendGrid:
                services.TryAddSingleton<IMailSender, SendGridMailSender>();
                break;
            case MailProvider.None when development:
                services.AddSingleton<DevelopmentMailbox>();
                services.TryAddSingleton<IMailSender>(provider => provider.GetRequiredService<DevelopmentMailbox>());
                break;
            default:
                services.TryAddSingleton<IMailSender, NoMailSender>();
                break;
        }

        return services;
    }
}

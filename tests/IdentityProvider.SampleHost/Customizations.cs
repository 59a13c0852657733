using IdentityProvider.Accounts.Notifications;
using IdentityProvider.Protocol.Subjects;

namespace IdentityProvider.SampleHost;

/// <summary>What a host of one's own adds and replaces: a claim, the mail sender, and (by its path) the page "signed out".</summary>
public static class Customizations
{
    public static void Configure(WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<IProfileService, StaffNumber>();
        builder.Services.AddSingleton<IMailSender, MailFolder>();
    }
}

/// <summary>Adds a claim from another system to what userinfo says.</summary>
internal sealed class StaffNumber : IProfileService
{
    public ValueTask AddClaimsAsync(ProfileContext context, CancellationToken cancellationToken)
    {
        if (context.Caller == ProfileCaller.UserInfo && context.Scopes.Contains("profile"))
        {
            context.Claims["staff_number"] = $"S-{context.Subject.Username.Length:D4}";
        }

        return ValueTask.CompletedTask;
    }
}

/// <summary>Drops mails into a folder, where another system fetches them.</summary>
internal sealed class MailFolder(IConfiguration configuration) : IMailSender
{
    public async Task SendAsync(MailMessage message, CancellationToken cancellationToken)
    {
        var folder = configuration["MailFolder"] ?? throw new MailDeliveryException("Set MailFolder to a folder.");
        await File.WriteAllTextAsync(Path.Combine(folder, $"{message.To}.txt"), $"{message.Subject}\n\n{message.Text}", cancellationToken);
    }
}

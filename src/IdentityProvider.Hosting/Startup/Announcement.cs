using IdentityProvider.Hosting.Configuration;
using IdentityProvider.Hosting.Mail;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Hosting.Startup;

/// <summary>One line when the server listens: what to open, and in Development as whom.</summary>
internal sealed partial class Announcement(
    ServerSettings settings, DemoData demo, IOptions<MailSection> mail, IHostApplicationLifetime lifetime, ILogger<Announcement> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        lifetime.ApplicationStarted.Register(Announce);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void Announce()
    {
        var issuer = settings.Issuer.GetLeftPart(UriPartial.Authority);
        if (demo.Users.Count > 0)
        {
            ReadyForDemo(issuer, demo.Users[0].Username, demo.Users[0].Password);
        }
        else
        {
            Ready(issuer);
        }

        if (!settings.Development && mail.Value.Provider == MailProvider.None)
        {
            NoMail();
        }
    }

    [LoggerMessage(5202, LogLevel.Information, "Ready: open {Issuer} and sign in as {Username} with password {Password}")]
    private partial void ReadyForDemo(string issuer, string username, string password);

    [LoggerMessage(5203, LogLevel.Information, "Ready: {Issuer}")]
    private partial void Ready(string issuer);

    [LoggerMessage(5204, LogLevel.Warning, "No mail provider is configured: mail waits in the outbox until it expires. Set Mail:Provider to Smtp or SendGrid")]
    private partial void NoMail();
}

using System.Globalization;
using IdentityProvider.Accounts.Sessions;
using IdentityProvider.Accounts.Users;
using IdentityProvider.Hosting.Configuration;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;

namespace IdentityProvider.Hosting.CommandLine;

/// <summary>What <c>idp sessions</c> does.</summary>
internal sealed class SessionCommands(ServerFactory factory, TextWriter output)
{
    private const string Reason = "operator";

    public async Task<int> ListAsync(string[] settings, string name, CancellationToken cancellationToken)
    {
        await using var app = await factory.OpenAsync(settings, cancellationToken);
        var sessions = await app.Services.GetRequiredService<ISessionStore>().ListAsync(await SubjectAsync(app.Services, name), cancellationToken);
        await output.WriteLineAsync($"{"ID",-36} {"SIGNED IN",-20} {"ENDS UNUSED",-20} {"ENDS",-20} {"ADDRESS",-16} {"CLIENTS",-24} USER AGENT");
        foreach (var session in sessions)
        {
            var clients = session.Clients.Count > 0 ? string.Join(',', session.Clients) : "-";
            await output.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"{session.Id,-36} {session.AuthTime,-20:u} {session.IdleExpiresAt,-20:u} {session.ExpiresAt,-20:u} {session.RemoteAddress ?? "-",-16} {clients,-24} {session.UserAgent}"));
        }

        return 0;
    }

    public async Task<int> EndAsync(string[] settings, Guid sessionId, CancellationToken cancellationToken)
    {
        await using var app = await factory.OpenAsync(settings, cancellationToken);
        var clients = await app.Services.GetRequiredService<ISessionStore>().EndAsync(sessionId, Reason)
            ?? throw new ConfigurationException($"There is no live session {sessionId}. `idp sessions list --user NAME` shows those of a person.");
        await output.WriteLineAsync($"Ended. It had {clients.Count} client(s).");
        return 0;
    }

    public async Task<int> EndAllAsync(string[] settings, string name, CancellationToken cancellationToken)
    {
        await using var app = await factory.OpenAsync(settings, cancellationToken);
        var ended = await app.Services.GetRequiredService<ISessionStore>().EndAllAsync(await SubjectAsync(app.Services, name), Reason);
        await output.WriteLineAsync($"Ended {ended} session(s).");
        return 0;
    }

    private static async Task<Guid> SubjectAsync(IServiceProvider services, string name)
    {
        await using var scope = services.CreateAsyncScope();
        return (await scope.ServiceProvider.GetRequiredService<UserManager<User>>().GetAsync(name)).Id;
    }
}

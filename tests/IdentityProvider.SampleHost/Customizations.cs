using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using IdentityProvider.Accounts.Notifications;
using IdentityProvider.Accounts.Passwords;
using IdentityProvider.Protocol.Clients;
using IdentityProvider.Protocol.Events;
using IdentityProvider.Protocol.Subjects;
using IdentityProvider.Protocol.Tokens;

namespace IdentityProvider.SampleHost;

/// <summary>What a host of one's own adds and replaces: one class for each port; and (by its path) the page "signed out".</summary>
public static class Customizations
{
    public static void Configure(WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<IProfileService, StaffNumber>();
        builder.Services.AddSingleton<IMailSender, MailFolder>();
        builder.Services.AddSingleton<IPasswordHashVerifier, LegacyHashes>();
        builder.Services.AddSingleton<ILifetimePolicy, OfficeNetwork>();
        builder.Services.AddSingleton<IEventSink, EventFile>();
        if (builder.Configuration["ClientFolder"] is not null)
        {
            builder.Services.AddSingleton<IClientSource, ClientFolder>();
        }
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

/// <summary>Passwords of the system that came before: <c>legacy$ITERATIONS$SALT$HASH</c>. A sign-in makes a hash of ours of them.</summary>
internal sealed class LegacyHashes : IPasswordHashVerifier
{
    public bool Recognizes(string hash) => hash.StartsWith("legacy$", StringComparison.Ordinal);

    public bool Verify(string hash, string password) =>
        hash.Split('$') is [_, var iterations, var salt, var expected]
        && int.TryParse(iterations, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is > 0 and <= 100_000
        && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(expected), Encoding.ASCII.GetBytes(Convert.ToHexString(Derive(password, count, salt))));

    private static byte[] Derive(string password, int iterations, string salt) =>
        Rfc2898DeriveBytes.Pbkdf2(password, Encoding.UTF8.GetBytes(salt), iterations, HashAlgorithmName.SHA256, 32);
}

/// <summary>Outside the office's network, access tokens live a minute.</summary>
internal sealed class OfficeNetwork(IConfiguration configuration) : ILifetimePolicy
{
    private readonly IPNetwork? _office = configuration["OfficeNetwork"] is { } network ? IPNetwork.Parse(network) : null;

    public ValueTask<LifetimeLimits> LimitAsync(LifetimeRequest request, CancellationToken cancellationToken) =>
        ValueTask.FromResult(_office is { } office && request.RemoteAddress is { } address && !office.Contains(address)
            ? new LifetimeLimits { AccessToken = TimeSpan.FromMinutes(1) }
            : LifetimeLimits.None);
}

/// <summary>Appends security events to a file, for a SIEM.</summary>
internal sealed class EventFile(IConfiguration configuration) : IEventSink
{
    public Task WriteAsync(IReadOnlyList<SecurityEvent> events, CancellationToken cancellationToken) =>
        configuration["EventFile"] is { } path
            ? File.AppendAllLinesAsync(path, events.Select(it => $"{it.OccurredAt:O} {it.Type} {it.ClientId}"), cancellationToken)
            : Task.CompletedTask;
}

/// <summary>Clients from a folder that another system keeps: one file for each, with the SHA-256 of its secret.</summary>
internal sealed class ClientFolder(IConfiguration configuration) : IClientSource
{
    private readonly string _folder = configuration["ClientFolder"]!;
    private readonly ConcurrentDictionary<string, Client?> _read = new(StringComparer.Ordinal);

    public ValueTask<Client?> FindAsync(string clientId, CancellationToken cancellationToken) => ValueTask.FromResult(_read.GetOrAdd(clientId, Read));

    public ValueTask<bool> AllowsOriginAsync(string origin, CancellationToken cancellationToken) => ValueTask.FromResult(false);

    private Client? Read(string clientId)
    {
        // A client id comes from outside: it never becomes a path.
        var file = Directory.EnumerateFiles(_folder, "*.client").FirstOrDefault(path => Path.GetFileNameWithoutExtension(path) == clientId);
        return file is null ? null : new Client
        {
            ClientId = clientId,
            AllowedGrantTypes = ["client_credentials"],
            AllowedScopes = ["api.read"],
            ClientSecrets = [new ClientSecret { Value = File.ReadAllText(file).Trim() }],
        };
    }
}

using IdentityProvider.Hosting.Configuration;
using IdentityProvider.Hosting.Seeding;
using IdentityProvider.UI;

namespace IdentityProvider.Hosting.Startup;

/// <summary>What Development shows of its seed on the start page and the console.</summary>
internal sealed record DemoData(IReadOnlyList<DemoUser> Users, IReadOnlyList<DemoClient> Clients)
{
    public static DemoData None { get; } = new([], []);

    /// <exception cref="ConfigurationException">The seed cannot be read.</exception>
    public static DemoData Read(ServerSettings settings)
    {
        if (!settings.Development || settings.SeedPath is not { } path)
        {
            return None;
        }

        var seed = SeedReader.Read(path);
        return new DemoData(
            [.. seed.Users.Where(user => user.Value.Password is not null).Select(user => new DemoUser(user.Value.Username, user.Value.Password!))],
            [.. seed.Clients.Select(client => new DemoClient(
                client.Value.ClientId,
                client.Value.ClientName ?? client.Value.ClientId,
                client.Value.Description ?? string.Join(", ", client.Value.AllowedGrantTypes)))]);
    }
}

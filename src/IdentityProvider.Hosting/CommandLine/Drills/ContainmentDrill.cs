using System.Security.Cryptography;
using IdentityProvider.Accounts.Transitions;
using IdentityProvider.Accounts.Users;
using IdentityProvider.Hosting.Configuration;
using IdentityProvider.Protocol.Clients;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;

namespace IdentityProvider.Hosting.CommandLine.Drills;

/// <summary>How long after the lock an instance still took something; null: it took it to the end.</summary>
internal sealed record Containment(Uri Instance, TimeSpan? Session, TimeSpan? RefreshToken, TimeSpan? AccessToken)
{
    public bool Complete => Session is not null && RefreshToken is not null && AccessToken is not null;
}

/// <summary>What came of it.</summary>
internal sealed record ContainmentReport(TimeSpan Lock, Ended Ended, IReadOnlyList<Containment> Instances);

/// <summary>
/// Locks a throwaway person who is signed in at every instance, and measures when the last instance refuses what they had. Person and
/// client are written into the database that the configuration names, and are removed again.
/// </summary>
internal sealed class ContainmentDrill(IServiceProvider services, TimeProvider time)
{
    private const string RedirectUri = "https://drill.invalid/callback";
    private const string Scope = "openid offline_access";

    private static readonly TimeSpan _catalogLimit = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(250);

    /// <summary>Of this drill alone: another one may run at the same time.</summary>
    private readonly string _clientId = $"idp-containment-drill-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}";

    private readonly string _secret = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    /// <exception cref="ConfigurationException">An instance does not answer as one on this database does.</exception>
    public async Task<ContainmentReport> RunAsync(IReadOnlyList<Uri> instances, CancellationToken cancellationToken)
    {
        var (userId, username, password) = await CreateUserAsync();
        var transitions = services.GetRequiredService<IAccountTransitions>();
        try
        {
            await RegisterClientAsync(cancellationToken);
            return await MeasureAsync(instances, transitions, userId, username, password);
        }
        finally
        {
            try
            {
                await transitions.DeleteAsync(userId);
            }
            finally
            {
                await services.GetRequiredService<ICatalogStore>()
                    .ApplyAsync(new CatalogContents(), new CatalogRemovals { Clients = [_clientId] }, CancellationToken.None);
            }
        }
    }

    private async Task<ContainmentReport> MeasureAsync(
        IReadOnlyList<Uri> instances, IAccountTransitions transitions, Guid userId, string username, string password)
    {
        var clients = instances.Select(instance => new DrillClient(instance, _clientId, _secret)).ToList();
        try
        {
            var visits = new List<Visit>();
            foreach (var client in clients)
            {
                visits.Add(await VisitAsync(client, username, password));
            }

            var start = time.GetTimestamp();
            var ended = await transitions.LockAsync(userId, "containment drill")
                ?? throw new ConfigurationException("The throwaway user was removed while the drill ran. Run it again.");
            var committed = time.GetTimestamp();
            return new ContainmentReport(
                time.GetElapsedTime(start, committed), ended, await Task.WhenAll(visits.Select(visit => ContainAsync(visit, committed))));
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }
    }

    /// <summary>Signs in at an instance, which may take a moment to hear of the client, and makes sure that all of it works there.</summary>
    private async Task<Visit> VisitAsync(DrillClient client, string username, string password)
    {
        var start = time.GetTimestamp();
        while (true)
        {
            try
            {
                var browser = new DrillBrowser(client);
                var tokens = await browser.SignInAsync(RedirectUri, Scope, username, password);
                var visit = new Visit(client, browser, tokens["refresh_token"]!, tokens["access_token"]!);
                return await IsSignedInAsync(visit) == true && await RefreshesAsync(visit) == true && await IsActiveAsync(visit) == true
                    ? visit
                    : throw new ConfigurationException($"{client.Http.BaseAddress} refuses what it has just given.");
            }
            catch (ConfigurationException) when (time.GetElapsedTime(start) < _catalogLimit)
            {
                await Task.Delay(_pause, time);
            }
            catch (HttpRequestException error)
            {
                throw new ConfigurationException($"{client.Http.BaseAddress} does not answer: {error.Message}");
            }
        }
    }

    private async Task<Containment> ContainAsync(Visit visit, long since)
    {
        var checks = await Task.WhenAll(
            UntilRefusedAsync(() => IsSignedInAsync(visit), since),
            UntilRefusedAsync(() => RefreshesAsync(visit), since),
            UntilRefusedAsync(() => IsActiveAsync(visit), since));
        return new Containment(visit.Client.Http.BaseAddress!, checks[0], checks[1], checks[2]);
    }

    /// <summary>Asks without a pause, so that the figure is the time of the first answer that was a refusal.</summary>
    private async Task<TimeSpan?> UntilRefusedAsync(Func<Task<bool?>> isAccepted, long since)
    {
        while (time.GetElapsedTime(since) < _limit)
        {
            if (await isAccepted() == false)
            {
                return time.GetElapsedTime(since);
            }
        }

        return null;
    }

    private static Task<bool?> IsSignedInAsync(Visit visit) => visit.Browser.IsSignedInAsync();

    private static async Task<bool?> RefreshesAsync(Visit visit)
    {
        var answer = await visit.Client.RefreshAsync(visit.RefreshToken);
        return answer.Succeeded ? true : answer["error"] == "invalid_grant" ? false : null;
    }

    private static async Task<bool?> IsActiveAsync(Visit visit)
    {
        var answer = await visit.Client.IntrospectAsync(visit.AccessToken);
        return answer.Succeeded && answer.Json is { } json && json.TryGetProperty("active", out var active) ? active.GetBoolean() : null;
    }

    /// <summary>Its refresh tokens do not rotate, so that the same one can be tried again and again, and outlive the session: only the lock ends them.</summary>
    private Task RegisterClientAsync(CancellationToken cancellationToken) => services.GetRequiredService<ICatalogStore>().ApplyAsync(
        new CatalogContents
        {
            Clients =
            [
                new Client
                {
                    ClientId = _clientId,
                    ClientName = "Containment drill",
                    Description = "Written by `idp drill containment`, which removes it when it ends.",
                    ClientSecrets = [new ClientSecret { Value = Seeding.SeedJson.Hash(_secret) }],
                    AllowedGrantTypes = ["authorization_code"],
                    RedirectUris = [RedirectUri],
                    AllowedScopes = ["openid"],
                    AllowOfflineAccess = true,
                    RefreshTokenUsage = RefreshTokenUsage.ReUse,
                    CoordinateLifetimeWithUserSession = false,
                },
            ],
        },
        new CatalogRemovals(),
        cancellationToken);

    private async Task<(Guid Id, string Name, string Password)> CreateUserAsync()
    {
        var now = time.GetUtcNow();
        var (id, password) = (Guid.CreateVersion7(now), Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)));
        var user = new User { Id = id, UserName = $"drill-{id:N}", CreatedAt = now, UpdatedAt = now };
        await using var scope = services.CreateAsyncScope();
        var result = await scope.ServiceProvider.GetRequiredService<UserManager<User>>().CreateAsync(user, password);
        return result.Succeeded
            ? (id, user.UserName, password)
            : throw new ConfigurationException([.. result.Errors.Select(error => error.Description)]);
    }

    private sealed record Visit(DrillClient Client, DrillBrowser Browser, string RefreshToken, string AccessToken);
}

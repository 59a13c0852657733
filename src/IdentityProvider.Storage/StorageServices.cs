using System.Data.Common;
using IdentityProvider.Accounts.Activity;
using IdentityProvider.Accounts.Devices;
using IdentityProvider.Accounts.Factors;
using IdentityProvider.Accounts.Notifications;
using IdentityProvider.Accounts.OneTimeTokens;
using IdentityProvider.Accounts.Profiles;
using IdentityProvider.Accounts.Recovery;
using IdentityProvider.Accounts.Registration;
using IdentityProvider.Accounts.Sessions;
using IdentityProvider.Accounts.Throttling;
using IdentityProvider.Accounts.Transitions;
using IdentityProvider.Accounts.Upstream;
using IdentityProvider.Accounts.Users;
using IdentityProvider.Protocol.Clients;
using IdentityProvider.Protocol.Consents;
using IdentityProvider.Protocol.Events;
using IdentityProvider.Protocol.Grants;
using IdentityProvider.Protocol.Interactions;
using IdentityProvider.Protocol.Keys;
using IdentityProvider.Protocol.Outbox;
using IdentityProvider.Protocol.Scopes;
using IdentityProvider.Storage.Clients;
using IdentityProvider.Storage.Consents;
using IdentityProvider.Storage.DataProtection;
using IdentityProvider.Storage.Database;
using IdentityProvider.Storage.Devices;
using IdentityProvider.Storage.Events;
using IdentityProvider.Storage.Factors;
using IdentityProvider.Storage.Grants;
using IdentityProvider.Storage.Interactions;
using IdentityProvider.Storage.Keys;
using IdentityProvider.Storage.OneTimeTokens;
using IdentityProvider.Storage.Outbox;
using IdentityProvider.Storage.Profiles;
using IdentityProvider.Storage.Redis;
using IdentityProvider.Storage.Sessions;
using IdentityProvider.Storage.Upstream;
using IdentityProvider.Storage.Users;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using KeyRingOptions = Microsoft.AspNetCore.DataProtection.KeyManagement.KeyManagementOptions;

namespace IdentityProvider.Storage;

/// <summary>Registers the store.</summary>
public static class StorageServices
{
    /// <summary>
    /// Adds every port of the protocol and of accounts that keeps something, the stores of ASP.NET Core Identity, and the Data Protection
    /// key ring. <see cref="RootKey"/> must be registered before anything is protected.
    /// </summary>
    public static IServiceCollection AddStorage(this IServiceCollection services, StorageOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<OutboxSignal>();
        switch (options.Provider)
        {
            case DatabaseProvider.Sqlite:
                services.AddSqlite(options.ConnectionString);
                break;
            case DatabaseProvider.Postgres:
                services.AddPostgres(options.ConnectionString);
                break;
            default:
                throw new ArgumentException($"{options.Provider} is no database provider.", nameof(options));
        }

        services.AddSingleton(provider => new DatabaseMigrator(options, provider, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider =>
            new DatabaseProbe(provider.GetRequiredService<DbDataSource>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IMailOutbox, MailOutbox>();
        services.AddSingleton<ExpiredRowCleanup>();
        services.AddHostedService(provider => provider.GetRequiredService<ExpiredRowCleanup>());
        services.AddSingleton(provider => new DueDeletions(
            provider.GetRequiredService<Func<IdentityProviderContext>>(),
            provider.GetRequiredService<IAccountTransitions>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<DueDeletions>>()));
        services.AddHostedService(provider => provider.GetRequiredService<DueDeletions>());
        services.AddSingleton<IFactorStore, FactorStore>();
        services.AddSingleton<IPasswordFailures, PasswordFailures>();
        services.AddSingleton<IDeviceStore, DeviceStore>();
        services.AddSingleton<IProfileStore, ProfileStore>();
        services.AddSingleton<IActivityStore, ActivityStore>();
        services.AddSingleton<IConnectedAppStore, ConnectedAppStore>();
        services.AddSingleton<OneTimeTokenStore>();
        services.AddSingleton<IOneTimeTokenStore>(provider => provider.GetRequiredService<OneTimeTokenStore>());
        services.AddSingleton<IExternalLoginStore, ExternalLoginStore>();
        services.AddSingleton<IRegistrationStore, RegistrationStore>();
        services.AddSingleton<IEmailChangeStore, EmailChangeStore>();
        services.AddSingleton<IEventSink, SecurityEventStore>();
        services.AddCatalog();
        services.AddKeys(options.SigningKeyDirectory);
        if (options.RedisConnectionString is { } redis)
        {
            services.AddRedis(redis);
        }

        // Version 3 has the table of passkeys. The schema follows these options, so a host cannot change them.
        services.PostConfigure<IdentityOptions>(identity => identity.Stores.SchemaVersion = IdentitySchemaVersions.Version3);
        services.AddScoped(provider => provider.GetRequiredService<Func<IdentityProviderContext>>()());
        new IdentityBuilder(typeof(User), typeof(IdentityRole<Guid>), services).AddEntityFrameworkStores<IdentityProviderContext>();
        services.Replace(ServiceDescriptor.Scoped<IUserStore<User>, PeopleStore>());
        return services;
    }

    private static void AddSqlite(this IServiceCollection services, string connectionString)
    {
        services.AddSingleton(_ => new SqliteDataSource(connectionString));
        services.AddSingleton<DbDataSource>(provider => provider.GetRequiredService<SqliteDataSource>());
        services.AddPooledDbContextFactory<SqliteContext>((provider, context) => context
            .UseSqlite(provider.GetRequiredService<SqliteDataSource>().ConnectionString)
            .AddInterceptors(new SqliteBusyTimeout()));
        services.AddSingleton<Func<IdentityProviderContext>>(
            provider => provider.GetRequiredService<IDbContextFactory<SqliteContext>>().CreateDbContext);
        services.AddSingleton<IGrantStore, SqliteGrantStore>();
        services.AddSingleton<IConsentStore, SqliteConsentStore>();
        services.AddSingleton<IInteractionStore, SqliteInteractionStore>();
        services.AddSingleton<ISessionStore, SqliteSessionStore>();
        services.AddSingleton<IAccountTransitions, SqliteAccountTransitions>();
        services.AddSingleton<IOutboxStore, SqliteOutboxStore>();
    }

    private static void AddPostgres(this IServiceCollection services, string connectionString)
    {
        services.AddSingleton(_ => PostgresDataSource.Create(connectionString));
        services.AddSingleton<DbDataSource>(provider => provider.GetRequiredService<NpgsqlDataSource>());
        services.AddPooledDbContextFactory<PostgresContext>((provider, context) => context
            .UseNpgsql(provider.GetRequiredService<NpgsqlDataSource>()));
        services.AddSingleton<Func<IdentityProviderContext>>(
            provider => provider.GetRequiredService<IDbContextFactory<PostgresContext>>().CreateDbContext);
        services.AddSingleton<IGrantStore, PostgresGrantStore>();
        services.AddSingleton<IConsentStore, PostgresConsentStore>();
        services.AddSingleton<IInteractionStore, PostgresInteractionStore>();
        services.AddSingleton<ISessionStore, PostgresSessionStore>();
        services.AddSingleton<IAccountTransitions, PostgresAccountTransitions>();
        services.AddSingleton<IOutboxStore, PostgresOutboxStore>();
    }

    private static void AddCatalog(this IServiceCollection services)
    {
        services.AddSingleton<CatalogReader>();
        services.AddSingleton<CatalogCache>();
        services.AddHostedService(provider => provider.GetRequiredService<CatalogCache>());
        services.TryAddSingleton<IClientSource>(provider => provider.GetRequiredService<CatalogCache>());
        services.AddSingleton<IResourceSource>(provider => provider.GetRequiredService<CatalogCache>());
        services.AddSingleton<ICatalogStore, CatalogStore>();
    }

    private static void AddRedis(this IServiceCollection services, string connectionString)
    {
        services.AddSingleton(provider => new RedisConnection(
            connectionString,
            provider.GetRequiredService<IOptions<RedisOptions>>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<RedisConnection>>()));
        services.AddHostedService<RedisWatch>();
        services.TryAddSingleton<LocalCounters>();
        services.AddSingleton<ICounters, RedisCounters>();
    }

    private static void AddKeys(this IServiceCollection services, string? signingKeyDirectory)
    {
        if (signingKeyDirectory is null)
        {
            services.AddSingleton<IRootKeyStore, RootKeyStore>();
            services.AddSingleton<ISigningKeyStore, DatabaseSigningKeyStore>();
        }
        else
        {
            services.AddSingleton<IRootKeyStore>(_ => new FileRootKeyStore(signingKeyDirectory));
            services.AddSingleton<ISigningKeyStore>(_ => new FileSigningKeyStore(signingKeyDirectory));
        }

        services.AddDataProtection().SetApplicationName("IdentityProvider");
        services.AddSingleton<KeyRing>();
        services.AddOptions<KeyRingOptions>().Configure<IServiceProvider>((ring, provider) =>
        {
            ring.XmlRepository = provider.GetRequiredService<KeyRing>();
            ring.XmlEncryptor = new RootKeyXmlEncryptor(provider);
        });
    }
}

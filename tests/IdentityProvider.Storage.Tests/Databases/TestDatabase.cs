using IdentityProvider.Accounts.Users;
using IdentityProvider.Protocol.Grants;
using IdentityProvider.Protocol.Keys;
using IdentityProvider.Storage.Database;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace IdentityProvider.Storage.Tests.Databases;

/// <summary>A database of one test class, with the store's services as the server has them, on the real clock.</summary>
public abstract class TestDatabase : IAsyncLifetime
{
    private ServiceProvider? _services;

    public abstract StorageOptions Options { get; }

    public IServiceProvider Services => _services ?? throw new InvalidOperationException("The database has not been made yet.");

    public IGrantStore Grants => Get<IGrantStore>();

    public T Get<T>()
        where T : notnull => Services.GetRequiredService<T>();

    internal IdentityProviderContext Context() => Get<Func<IdentityProviderContext>>()();

    internal ExpiredRowCleanup Cleanup() => ActivatorUtilities.CreateInstance<ExpiredRowCleanup>(Services);

    /// <summary>The services of one more instance on the same database.</summary>
    public ServiceProvider NewInstance() => Build(Options);

    public static ServiceProvider Build(StorageOptions options)
    {
        var services = new ServiceCollection().AddLogging().AddSingleton(RootKey.Create()).AddStorage(options);
        services.AddIdentityCore<User>().AddRoles<IdentityRole<Guid>>();
        return services.BuildServiceProvider();
    }

    public virtual async Task InitializeAsync()
    {
        _services = NewInstance();
        await Get<DatabaseMigrator>().MigrateAsync(CancellationToken.None);
    }

    public virtual async Task DisposeAsync()
    {
        if (_services is not null)
        {
            await _services.DisposeAsync();
        }
    }
}

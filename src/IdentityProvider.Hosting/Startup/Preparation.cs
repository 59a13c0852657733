using IdentityProvider.Hosting.Configuration;
using IdentityProvider.Hosting.Seeding;
using IdentityProvider.Protocol.Keys;
using IdentityProvider.Storage;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Hosting.Startup;

/// <summary>What has to be true before the server takes its first request, in the only order that works.</summary>
internal sealed partial class Preparation(
    ServerSettings settings,
    DatabaseMigrator migrator,
    IRootKeyStore rootKeys,
    RootKeyHolder holder,
    IDataProtectionProvider protection,
    Seeder seeder,
    IEnumerable<IStartupValidator> validators,
    ILogger<Preparation> logger)
{
    /// <summary>Settings, schema, root key, key ring, seed.</summary>
    /// <exception cref="ConfigurationException">The server must not start; the message says what to set.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        ValidateOptions();
        await MigrateAsync(cancellationToken);
        await OpenRootKeyAsync(cancellationToken);
        await LoadKeyRingAsync(cancellationToken);
        if (settings.SeedPath is { } path)
        {
            var changes = await seeder.ApplyAsync(path, prune: false, cancellationToken);
            Seeded(path, changes.Count(change => change.Sign != '?'));
        }
    }

    /// <summary>Settings and root key: what a command needs. It neither migrates nor seeds.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        ValidateOptions();
        if (Known(await migrator.StateAsync(cancellationToken)).Pending.Count > 0)
        {
            throw new ConfigurationException("The database is not up to date. Run `idp migrate` first.");
        }

        await OpenRootKeyAsync(cancellationToken);
    }

    private async Task MigrateAsync(CancellationToken cancellationToken)
    {
        var pending = Known(await migrator.StateAsync(cancellationToken)).Pending;
        if (pending.Count == 0)
        {
            return;
        }

        if (!settings.MigrateOnStart)
        {
            throw new ConfigurationException(
                $"The database lacks {pending.Count} migration(s), the next one is {pending[0]}. Run `idp migrate`, or set Database:MigrateOnStart to true.");
        }

        await migrator.MigrateAsync(cancellationToken);
        Migrated(pending.Count);
    }

    /// <summary>A version that does not know the schema could write what the later one cannot read.</summary>
    /// <exception cref="ConfigurationException">A later version has migrated the database.</exception>
    internal static SchemaState Known(SchemaState state) => state.Unknown is [.., var last]
        ? throw new ConfigurationException(
            $"The database was migrated by a later version ({last}). Run that version, or restore the backup that was made before.")
        : state;

    private async Task OpenRootKeyAsync(CancellationToken cancellationToken)
    {
        try
        {
            holder.Key = await RootKeyBootstrap.OpenAsync(rootKeys, settings.MasterKey, settings.PreviousMasterKey, cancellationToken);
        }
        catch (MasterKeyMismatchException error)
        {
            throw new ConfigurationException(error.Message);
        }
    }

    /// <summary>
    /// Loads the Data Protection key ring, which makes its first key. Each keeps what it has loaded for a day, so instances that start together
    /// on an empty ring take turns: the second one finds the key of the first.
    /// </summary>
    private async Task LoadKeyRingAsync(CancellationToken cancellationToken)
    {
        await using var turn = await migrator.TakeTurnAsync(cancellationToken);
        protection.CreateProtector("start").Protect([]);
    }

    private void ValidateOptions()
    {
        try
        {
            foreach (var validator in validators)
            {
                validator.Validate();
            }
        }
        catch (OptionsValidationException error)
        {
            throw new ConfigurationException([.. error.Failures]);
        }
        catch (AggregateException errors) when (errors.InnerExceptions.All(error => error is OptionsValidationException))
        {
            throw new ConfigurationException([.. errors.InnerExceptions.Cast<OptionsValidationException>().SelectMany(error => error.Failures)]);
        }
        catch (InvalidOperationException error) when (error.Source == "Microsoft.Extensions.Configuration.Binder")
        {
            // The innermost message names the key, the value and the type that was wanted.
            Exception cause = error;
            while (cause.InnerException is InvalidOperationException inner)
            {
                cause = inner;
            }

            throw new ConfigurationException(cause.Message);
        }
    }

    [LoggerMessage(5200, LogLevel.Information, "Applied {Count} migrations")]
    private partial void Migrated(int count);

    [LoggerMessage(5201, LogLevel.Information, "Seeded from {Path}: {Count} changes")]
    private partial void Seeded(string path, int count);
}

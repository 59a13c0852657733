using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using IdentityProvider.Hosting.Configuration;
using IdentityProvider.Hosting.Seeding;
using IdentityProvider.Hosting.Startup;
using IdentityProvider.Protocol.Clients;
using IdentityProvider.Protocol.Keys;
using IdentityProvider.Storage;
using IdentityProvider.Storage.Database;
using Microsoft.Extensions.DependencyInjection;

namespace IdentityProvider.Hosting.CommandLine;

/// <summary>What the verbs do.</summary>
internal sealed class Commands(ServerFactory factory, TextWriter output)
{
    private const int SecretSize = 32;

    public async Task<int> MigrateAsync(string[] settings, CancellationToken cancellationToken)
    {
        await using var app = factory.BuildForCommand(settings);
        var migrator = app.Services.GetRequiredService<DatabaseMigrator>();
        var pending = Preparation.Known(await migrator.StateAsync(cancellationToken)).Pending;
        await migrator.MigrateAsync(cancellationToken);
        await output.WriteLineAsync(pending.Count == 0 ? "The database is up to date." : $"Applied {string.Join(", ", pending)}.");
        return 0;
    }

    public async Task<int> CleanUpAsync(string[] settings, CancellationToken cancellationToken)
    {
        await using var app = await factory.OpenAsync(settings, cancellationToken);
        var deleted = await app.Services.GetRequiredService<ExpiredRowCleanup>().RunAsync(cancellationToken);
        await output.WriteLineAsync($"Deleted {deleted} expired rows.");
        return 0;
    }

    public async Task<int> SeedAsync(string[] settings, string? path, bool prune, bool apply, CancellationToken cancellationToken)
    {
        await using var app = await factory.OpenAsync(settings, cancellationToken);
        path ??= app.Services.GetRequiredService<ServerSettings>().SeedPath
            ?? throw new ConfigurationException("Seed:Path is not set. Set it, or give --path.");
        var seeder = app.Services.GetRequiredService<Seeder>();
        var changes = apply
            ? await seeder.ApplyAsync(path, prune, cancellationToken)
            : await seeder.PlanAsync(path, prune, cancellationToken);
        foreach (var change in changes)
        {
            await output.WriteLineAsync(change.ToString());
        }

        var count = changes.Count(change => change.Sign != '?');
        await output.WriteLineAsync((count, apply) switch
        {
            (0, _) => "Nothing to change.",
            (_, true) => $"{count} changed.",
            _ => $"{count} to change.",
        });
        return 0;
    }

    public async Task<int> ExportAsync(string[] settings, CancellationToken cancellationToken)
    {
        await using var app = await factory.OpenAsync(settings, cancellationToken);
        var contents = await LoadAsync(app.Services.GetRequiredService<ICatalogStore>(), cancellationToken);
        await output.WriteLineAsync(JsonSerializer.Serialize(contents, SeedJson.Writing));
        return 0;
    }

    /// <summary>All or nothing: what an export lacks, an <c>apply --prune</c> of it would remove.</summary>
    private static async Task<CatalogContents> LoadAsync(ICatalogStore catalog, CancellationToken cancellationToken)
    {
        try
        {
            return await catalog.LoadAsync(cancellationToken);
        }
        catch (InvalidOperationException error) when (error.InnerException is JsonException)
        {
            throw new ConfigurationException($"{error.Message} Write it anew with `idp seed apply`.");
        }
    }

    public async Task<int> ListKeysAsync(string[] settings, CancellationToken cancellationToken)
    {
        await using var app = await factory.OpenAsync(settings, cancellationToken);
        await PrintKeysAsync(app.Services.GetRequiredService<SigningKeys>(), cancellationToken);
        return 0;
    }

    public async Task<int> RotateKeysAsync(string[] settings, bool now, CancellationToken cancellationToken)
    {
        await using var app = await factory.OpenAsync(settings, cancellationToken);
        var keys = app.Services.GetRequiredService<SigningKeys>();
        await keys.RotateAsync(now, cancellationToken);
        await PrintKeysAsync(keys, cancellationToken);
        return 0;
    }

    public async Task<int> RetireKeyAsync(string[] settings, string keyId, CancellationToken cancellationToken)
    {
        await using var app = await factory.OpenAsync(settings, cancellationToken);
        var keys = app.Services.GetRequiredService<SigningKeys>();
        if (!await keys.RetireAsync(keyId, cancellationToken))
        {
            throw new ConfigurationException($"There is no key '{keyId}'. `idp keys list` shows them.");
        }

        await PrintKeysAsync(keys, cancellationToken);
        return 0;
    }

    public async Task<int> GenerateSecretAsync()
    {
        var secret = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(SecretSize));
        await output.WriteLineAsync($"Secret, for the client:   {secret}");
        await output.WriteLineAsync($"Value, for the seed file: {SeedJson.Hash(secret)}");
        return 0;
    }

    public async Task<int> GenerateMasterKeyAsync()
    {
        await output.WriteLineAsync(MasterKey.Generate());
        return 0;
    }

    private async Task PrintKeysAsync(SigningKeys keys, CancellationToken cancellationToken)
    {
        await output.WriteLineAsync($"{"KID",-46} {"ALG",-6} {"STATE",-10} {"CREATED",-20} SIGNS FROM");
        foreach (var key in await keys.ListAsync(cancellationToken))
        {
            await output.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture, $"{key.KeyId,-46} {key.Algorithm,-6} {key.State,-10} {key.CreatedAt,-20:u} {key.SignsFrom:u}"));
        }
    }
}

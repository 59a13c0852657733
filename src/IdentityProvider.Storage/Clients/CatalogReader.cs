using System.Data.Common;
using IdentityProvider.Protocol.Clients;
using IdentityProvider.Protocol.Scopes;

namespace IdentityProvider.Storage.Clients;

/// <summary>Reads the whole catalog, or only its version, in the SQL that both engines understand.</summary>
internal sealed class CatalogReader(DbDataSource database)
{
    public async Task<long> ReadVersionAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT version FROM catalog_version");
        return (long)(await command.ExecuteScalarAsync(cancellationToken)
            ?? throw new InvalidOperationException("The row of catalog_version is missing."));
    }

    public async Task<CatalogContents> ReadAsync(CancellationToken cancellationToken) => new()
    {
        Clients = await ReadAsync<Client>("SELECT document FROM clients WHERE document IS NOT NULL ORDER BY name", cancellationToken),
        ApiScopes = await ReadAsync<ApiScope>("SELECT document FROM api_scopes WHERE document IS NOT NULL ORDER BY name", cancellationToken),
        ApiResources = await ReadAsync<ApiResource>("SELECT document FROM api_resources WHERE document IS NOT NULL ORDER BY name", cancellationToken),
        IdentityResources = await ReadAsync<IdentityResource>(
            "SELECT document FROM identity_resources WHERE document IS NOT NULL ORDER BY name", cancellationToken),
    };

    private async Task<IReadOnlyList<T>> ReadAsync<T>(string sql, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var items = new List<T>();
        while (await reader.ReadAsync(cancellationToken))
        {
            items.Add(CatalogDocuments.Read<T>(reader.GetString(0)));
        }

        return items;
    }
}

using System.Data.Common;
using System.Text.Json;
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

    /// <summary>A row that cannot be read is given to <paramref name="unreadable"/> and left out; without that it is an error.</summary>
    /// <exception cref="InvalidOperationException">Names the row that cannot be read.</exception>
    public async Task<CatalogContents> ReadAsync(Action<InvalidOperationException>? unreadable, CancellationToken cancellationToken) => new()
    {
        Clients = await ReadAsync<Client>(CatalogRow.Clients, client => client.ClientId, unreadable, cancellationToken),
        ApiScopes = await ReadAsync<ApiScope>(CatalogRow.ApiScopes, scope => scope.Name, unreadable, cancellationToken),
        ApiResources = await ReadAsync<ApiResource>(CatalogRow.ApiResources, resource => resource.Name, unreadable, cancellationToken),
        IdentityResources = await ReadAsync<IdentityResource>(CatalogRow.IdentityResources, resource => resource.Name, unreadable, cancellationToken),
    };

    private async Task<IReadOnlyList<T>> ReadAsync<T>(
        string table, Func<T, string> name, Action<InvalidOperationException>? unreadable, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"SELECT document, name FROM {table} WHERE document IS NOT NULL ORDER BY name");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var items = new List<T>();
        while (await reader.ReadAsync(cancellationToken))
        {
            try
            {
                var item = CatalogDocuments.Read<T>(reader.GetString(0));
                items.Add(name(item) == reader.GetString(1) ? item : throw new JsonException($"It calls itself '{name(item)}'."));
            }
            catch (JsonException error)
            {
                var named = new InvalidOperationException($"The row '{reader.GetString(1)}' of {table} cannot be read: {error.Message}", error);
                (unreadable ?? (problem => throw problem))(named);
            }
        }

        return items;
    }
}

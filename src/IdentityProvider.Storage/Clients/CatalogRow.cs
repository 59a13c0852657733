using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IdentityProvider.Storage.Clients;

/// <summary>A client or resource: four tables of one shape.</summary>
internal sealed class CatalogRow
{
    public const string Clients = "clients";
    public const string ApiScopes = "api_scopes";
    public const string ApiResources = "api_resources";
    public const string IdentityResources = "identity_resources";

    public required string Name { get; init; }

    /// <summary>
    /// The record of the protocol as JSON; null: it was removed. The row of a removed client stays, since an absent row counts as alive
    /// (a host may bring clients of its own).
    /// </summary>
    public string? Document { get; set; }

    public DateTimeOffset? DisabledAt { get; set; }

    public required DateTimeOffset UpdatedAt { get; set; }

    /// <summary>Since when a client has the name of one that was removed before: what was granted until then is not its own.</summary>
    public DateTimeOffset? ReturnedAt { get; set; }

    public static void Configure(ModelBuilder model)
    {
        foreach (var table in (string[])[Clients, ApiScopes, ApiResources, IdentityResources])
        {
            model.SharedTypeEntity<CatalogRow>(table, row =>
            {
                row.ToTable(table).HasKey(item => item.Name);
                if (table != Clients)
                {
                    row.Ignore(item => item.ReturnedAt);
                }
            });
        }
    }
}

/// <summary>Counts the changes of the catalog; instances poll it.</summary>
internal sealed class CatalogVersionRow
{
    public required int Id { get; init; }

    public required long Version { get; init; }

    public static void Configure(EntityTypeBuilder<CatalogVersionRow> row)
    {
        row.ToTable("catalog_version").HasKey(version => version.Id);
        row.Property(version => version.Id).ValueGeneratedNever();
        row.HasData(new CatalogVersionRow { Id = 1, Version = 0 });
    }
}

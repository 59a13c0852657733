using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IdentityProvider.Storage.DataProtection;

/// <summary>An element of the Data Protection key ring; its secret part is sealed.</summary>
internal sealed class DataProtectionKeyRow
{
    public int Id { get; init; }

    public required string FriendlyName { get; init; }

    public required string Xml { get; init; }

    public static void Configure(EntityTypeBuilder<DataProtectionKeyRow> row) =>
        row.ToTable("data_protection_keys").HasKey(key => key.Id);
}

using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IdentityProvider.Storage.Keys;

/// <summary>A signing key. (Algorithm, generation) is unique: that is how instances agree on one key.</summary>
internal sealed class SigningKeyRow
{
    public required string KeyId { get; init; }

    public required string Algorithm { get; init; }

    public required int Generation { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset SignsFrom { get; init; }

    public DateTimeOffset? RetiredAt { get; init; }

    public required byte[] PublicKey { get; init; }

    public required byte[] SealedPrivateKey { get; init; }

    public static void Configure(EntityTypeBuilder<SigningKeyRow> row)
    {
        row.ToTable("signing_keys").HasKey(key => key.KeyId);
        row.HasIndex(key => new { key.Algorithm, key.Generation }).IsUnique();
    }
}

/// <summary>The wrapped root key: one row, or none before the first start.</summary>
internal sealed class RootKeyRow
{
    public const int OnlyId = 1;

    public required int Id { get; init; }

    public required string MasterKeyId { get; init; }

    public required byte[] WrappedKey { get; init; }

    public static void Configure(EntityTypeBuilder<RootKeyRow> row)
    {
        row.ToTable("root_key", table => table.HasCheckConstraint("only_one_root_key", "id = 1")).HasKey(key => key.Id);
        row.Property(key => key.Id).ValueGeneratedNever();
    }
}

using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IdentityProvider.Storage.Grants;

/// <summary>What a reference token stands for.</summary>
internal sealed class ReferenceTokenRow
{
    public required byte[] TokenHash { get; init; }

    public Guid? GrantId { get; init; }

    public required byte[] TokenId { get; init; }

    public required string ClientId { get; init; }

    public required string Claims { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    public static void Configure(EntityTypeBuilder<ReferenceTokenRow> row)
    {
        row.ToTable("reference_tokens").HasKey(token => token.TokenHash);
        row.HasIndex(token => token.ExpiresAt);
        row.HasIndex(token => token.GrantId);
    }
}

/// <summary>An access token that was revoked before its time.</summary>
internal sealed class RevokedAccessTokenRow
{
    public required byte[] TokenId { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    public static void Configure(EntityTypeBuilder<RevokedAccessTokenRow> row)
    {
        row.ToTable("revoked_access_tokens").HasKey(token => token.TokenId);
        row.HasIndex(token => token.ExpiresAt);
    }
}

using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IdentityProvider.Storage.Consents;

/// <summary>What a person has allowed a client.</summary>
internal sealed class ConsentRow
{
    public required Guid SubjectId { get; init; }

    public required string ClientId { get; init; }

    public required string[] Scopes { get; init; }

    public required DateTimeOffset GrantedAt { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    public static void Configure(EntityTypeBuilder<ConsentRow> row)
    {
        row.ToTable("consents").HasKey(consent => new { consent.SubjectId, consent.ClientId });
        row.HasIndex(consent => consent.ExpiresAt);
        row.HasIndex(consent => consent.ClientId);
    }
}

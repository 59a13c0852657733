using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IdentityProvider.Storage.Grants;

/// <summary>
/// A grant: the family of refresh tokens, and what access tokens name. One row for its whole life; nothing that rotation changes
/// is indexed, so that PostgreSQL updates it in place (HOT).
/// </summary>
internal sealed class GrantRow
{
    public required Guid Id { get; init; }

    public required string ClientId { get; init; }

    public required Guid SubjectId { get; init; }

    /// <summary>The person's epoch at authentication; another epoch by now means dead.</summary>
    public required long SubjectEpoch { get; init; }

    public required Guid SessionId { get; init; }

    public required bool EndsWithSession { get; init; }

    public required string[] Scopes { get; init; }

    public required string[] Resources { get; init; }

    public string? ClaimsRequest { get; init; }

    public required DateTimeOffset AuthTime { get; init; }

    public required string Acr { get; init; }

    public required string[] Amr { get; init; }

    /// <summary>The generation of the current refresh token, from <see cref="Protocol.Grants.RefreshPresentation.FirstGeneration"/> on.</summary>
    public required int Generation { get; init; }

    /// <summary>Hash of the current refresh token's secret; null: the grant has no refresh token.</summary>
    public byte[]? SecretHash { get; init; }

    public byte[]? PreviousHash { get; init; }

    public DateTimeOffset? RotatedAt { get; init; }

    /// <summary>The current secret, sealed for the holder of the previous one; null once the current one has been used.</summary>
    public byte[]? SealedSuccessor { get; init; }

    /// <summary>Where the last use came from; at first, the redemption of the code.</summary>
    public string? Network { get; init; }

    /// <summary>Which user agent it was.</summary>
    public string? UserAgent { get; init; }

    /// <summary>Whether the last use came from elsewhere than the one before it.</summary>
    public required bool Moved { get; init; }

    /// <summary>Retries from elsewhere since <see cref="RetriesSince"/>.</summary>
    public required int Retries { get; init; }

    public DateTimeOffset? RetriesSince { get; init; }

    /// <summary>Whether the one retry after the retry window has been spent for this generation.</summary>
    public required bool LateRetryUsed { get; init; }

    public DateTimeOffset? RevokedAt { get; init; }

    public string? RevokedReason { get; init; }

    public required DateTimeOffset IdleExpiresAt { get; init; }

    public required DateTimeOffset AbsoluteExpiresAt { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public static void Configure(EntityTypeBuilder<GrantRow> row)
    {
        row.ToTable("grants").HasKey(grant => grant.Id);
        row.Property(grant => grant.Id).ValueGeneratedNever();
        row.HasIndex(grant => grant.SubjectId);
        row.HasIndex(grant => grant.AbsoluteExpiresAt);
    }
}

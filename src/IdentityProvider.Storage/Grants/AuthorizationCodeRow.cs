using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IdentityProvider.Storage.Grants;

/// <summary>An authorization code. It stays for a day after redemption, so that a late replay still revokes.</summary>
internal sealed class AuthorizationCodeRow
{
    public required byte[] CodeHash { get; init; }

    public required string ClientId { get; init; }

    public required Guid SubjectId { get; init; }

    public required long SubjectEpoch { get; init; }

    public required Guid SessionId { get; init; }

    public required string RedirectUri { get; init; }

    public string? CodeChallenge { get; init; }

    public string? Nonce { get; init; }

    public required string[] Scopes { get; init; }

    public required string[] Resources { get; init; }

    public string? ClaimsRequest { get; init; }

    public required DateTimeOffset AuthTime { get; init; }

    public required string Acr { get; init; }

    public required string[] Amr { get; init; }

    public required bool IssueRefreshToken { get; init; }

    public required bool EndsWithSession { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    public DateTimeOffset? RedeemedAt { get; init; }

    /// <summary>What it gave.</summary>
    public Guid? GrantId { get; init; }

    public static void Configure(EntityTypeBuilder<AuthorizationCodeRow> row)
    {
        row.ToTable("authorization_codes").HasKey(code => code.CodeHash);
        row.HasIndex(code => code.ExpiresAt);
    }
}

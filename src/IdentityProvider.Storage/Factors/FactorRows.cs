using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IdentityProvider.Storage.Factors;

/// <summary>A person's authenticator app.</summary>
internal sealed class TotpRow
{
    public required Guid UserId { get; init; }

    public required Guid Id { get; init; }

    public required byte[] SealedSecret { get; init; }

    /// <summary>The latest time step that was accepted: none up to it is accepted again.</summary>
    public required long LastStep { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public static void Configure(EntityTypeBuilder<TotpRow> row)
    {
        row.ToTable("totp_authenticators").HasKey(totp => totp.UserId);
        row.Property(totp => totp.UserId).ValueGeneratedNever();
    }
}

/// <summary>A recovery code that has not been used. A used one is deleted.</summary>
internal sealed class RecoveryCodeRow
{
    public required Guid UserId { get; init; }

    /// <summary>A keyed hash: a copy of the table alone gives no code away, however short it is.</summary>
    public required byte[] CodeHash { get; init; }

    public static void Configure(EntityTypeBuilder<RecoveryCodeRow> row) =>
        row.ToTable("recovery_codes").HasKey(code => new { code.UserId, code.CodeHash });
}

/// <summary>A challenge that has been answered, kept until it would have expired.</summary>
internal sealed class UsedChallengeRow
{
    public required Guid Id { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    public static void Configure(EntityTypeBuilder<UsedChallengeRow> row)
    {
        row.ToTable("used_challenges").HasKey(challenge => challenge.Id);
        row.Property(challenge => challenge.Id).ValueGeneratedNever();
        row.HasIndex(challenge => challenge.ExpiresAt);
    }
}

/// <summary>When a passkey was last used.</summary>
internal sealed class PasskeyUseRow
{
    public required byte[] CredentialId { get; init; }

    public required Guid UserId { get; init; }

    public required DateTimeOffset LastUsedAt { get; init; }

    public static void Configure(EntityTypeBuilder<PasskeyUseRow> row)
    {
        row.ToTable("passkey_uses").HasKey(use => use.CredentialId);
        row.HasIndex(use => use.UserId);
    }
}

/// <summary>Somebody who said "not now" to a passkey.</summary>
internal sealed class PasskeyOfferRow
{
    public required Guid UserId { get; init; }

    public required DateTimeOffset DeclinedAt { get; init; }

    public static void Configure(EntityTypeBuilder<PasskeyOfferRow> row)
    {
        row.ToTable("passkey_offers").HasKey(offer => offer.UserId);
        row.Property(offer => offer.UserId).ValueGeneratedNever();
    }
}

using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IdentityProvider.Storage.OneTimeTokens;

/// <summary>Something that goes to a person by mail and is good once: a link, a code, or both.</summary>
internal sealed class OneTimeTokenRow
{
    public required Guid Id { get; init; }

    public required string Purpose { get; init; }

    public required Guid UserId { get; init; }

    /// <summary>SHA-256 of the link's 256-bit secret; null: there is no link.</summary>
    public byte[]? SecretHash { get; init; }

    /// <summary>A keyed hash of the short code; null: there is no code.</summary>
    public byte[]? CodeHash { get; init; }

    /// <summary>Wrong codes that are still allowed.</summary>
    public required int TriesLeft { get; init; }

    /// <summary>Hash of the cookie of the browser that asked for it; null: it is good in any.</summary>
    public byte[]? BrowserHash { get; init; }

    /// <summary>The person's security stamp at the time; another one by now voids it. Null: it outlives changes of the account.</summary>
    public string? SecurityStamp { get; init; }

    /// <summary>What the purpose needs, such as the new address; JSON.</summary>
    public string? Content { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    public DateTimeOffset? UsedAt { get; init; }

    public static void Configure(EntityTypeBuilder<OneTimeTokenRow> row)
    {
        row.ToTable("one_time_tokens").HasKey(token => token.Id);
        row.Property(token => token.Id).ValueGeneratedNever();
        row.HasIndex(token => token.UserId);
        row.HasIndex(token => token.ExpiresAt);
    }
}

using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IdentityProvider.Storage.Outbox;

/// <summary>A message to the outside that waits for its delivery. A settled one is deleted, one that was given up is kept for a while.</summary>
internal sealed class OutboxRow
{
    public long Id { get; init; }

    public required string Kind { get; init; }

    public required string Payload { get; init; }

    /// <summary>How many attempts have begun; it also tells a claimer whose lease ran out from the present one.</summary>
    public required int Attempts { get; init; }

    /// <summary>How many of them the receiver has refused; the others did not reach it, or found it in trouble.</summary>
    public int Refusals { get; init; }

    /// <summary>When it may be claimed; while it is claimed, the end of the lease.</summary>
    public required DateTimeOffset DueAt { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>Since when it is not tried any more.</summary>
    public DateTimeOffset? GivenUpAt { get; init; }

    /// <summary>Why the last attempt failed; null while an attempt runs, as before the first one.</summary>
    public string? LastError { get; init; }

    /// <summary>14 d: long enough for somebody to look, and to send it again.</summary>
    public static TimeSpan Retention { get; } = TimeSpan.FromDays(14);

    public static void Configure(EntityTypeBuilder<OutboxRow> row)
    {
        row.ToTable("outbox").HasKey(message => message.Id);
        row.Property(message => message.Refusals).HasDefaultValue(0);
        row.HasIndex(message => new { message.Kind, message.DueAt }).HasFilter("given_up_at IS NULL");
        row.HasIndex(message => message.ExpiresAt);
    }
}

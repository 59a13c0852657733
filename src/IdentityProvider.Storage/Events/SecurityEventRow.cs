using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IdentityProvider.Storage.Events;

/// <summary>A security event, kept for a while.</summary>
internal sealed class SecurityEventRow
{
    public long Id { get; init; }

    public required string Type { get; init; }

    public required DateTimeOffset OccurredAt { get; init; }

    public Guid? SubjectId { get; init; }

    public string? ClientId { get; init; }

    public Guid? SessionId { get; init; }

    public Guid? GrantId { get; init; }

    public string? Network { get; init; }

    public string? UserAgent { get; init; }

    public string? RemoteAddress { get; init; }

    /// <summary>A keyed hash of the name or address that was typed, where there is no such account.</summary>
    public string? IdentifierHash { get; init; }

    public string? Detail { get; init; }

    public static void Configure(EntityTypeBuilder<SecurityEventRow> row)
    {
        row.ToTable("security_events").HasKey(it => it.Id);
        row.HasIndex(it => new { it.SubjectId, it.OccurredAt });
        row.HasIndex(it => it.OccurredAt);
    }
}

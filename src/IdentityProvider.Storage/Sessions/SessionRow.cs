using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IdentityProvider.Storage.Sessions;

/// <summary>A person's sign-in at one browser.</summary>
internal sealed class SessionRow
{
    public required Guid Id { get; init; }

    public required byte[] HandleHash { get; init; }

    /// <summary>The handle before this one. It signs nobody in; a browser that never received the new one still ends, or goes on with, the session by it.</summary>
    public byte[]? PreviousHandleHash { get; init; }

    public required Guid UserId { get; init; }

    public required long UserEpoch { get; init; }

    public required DateTimeOffset AuthTime { get; init; }

    public required string Acr { get; init; }

    public required string[] Amr { get; init; }

    public required bool Persistent { get; init; }

    public required DateTimeOffset IdleExpiresAt { get; init; }

    public required DateTimeOffset AbsoluteExpiresAt { get; init; }

    public string? RemoteAddress { get; init; }

    public string? UserAgent { get; init; }

    /// <summary>The clients that got a code in this session: who has to hear of its end. In the order in which they came.</summary>
    public string[] Clients { get; init; } = [];

    public DateTimeOffset? EndedAt { get; init; }

    public string? EndReason { get; init; }

    public static void Configure(EntityTypeBuilder<SessionRow> row)
    {
        row.ToTable("sessions").HasKey(session => session.Id);
        row.Property(session => session.Id).ValueGeneratedNever();
        row.HasIndex(session => session.HandleHash).IsUnique();
        row.HasIndex(session => session.PreviousHandleHash).HasFilter("previous_handle_hash IS NOT NULL");
        row.HasIndex(session => session.UserId);
        row.HasIndex(session => session.AbsoluteExpiresAt);
    }
}

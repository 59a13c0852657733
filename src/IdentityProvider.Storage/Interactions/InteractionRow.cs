using IdentityProvider.Protocol.Interactions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IdentityProvider.Storage.Interactions;

/// <summary>A pending request of a browser.</summary>
internal sealed class InteractionRow
{
    public required byte[] HandleHash { get; init; }

    public required byte[] BrowserHash { get; init; }

    public required InteractionKind Kind { get; init; }

    public string? ClientId { get; init; }

    public required string Parameters { get; init; }

    /// <summary>Of a logout that is done: the session that it ended, and the clients of that session.</summary>
    public Guid? EndedSessionId { get; init; }

    public string[]? EndedClients { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>In which session the consent page was answered; null: it was not.</summary>
    public Guid? ConsentSessionId { get; init; }

    /// <summary>The allowed scopes; null: denied, or not answered.</summary>
    public string[]? ConsentScopes { get; init; }

    public Guid? SelectedSessionId { get; init; }

    /// <summary>In which session the person did not want to prove more than they had.</summary>
    public Guid? StepUpDeclinedSessionId { get; init; }

    public static void Configure(EntityTypeBuilder<InteractionRow> row)
    {
        row.ToTable("interactions").HasKey(interaction => interaction.HandleHash);
        row.HasIndex(interaction => interaction.ExpiresAt);
    }
}

using IdentityProvider.Accounts.Events;

namespace IdentityProvider.Accounts.Transitions;

/// <summary>A person who is signed in wants their account deleted.</summary>
public sealed record DeletionRequest
{
    /// <summary>The person.</summary>
    public required Guid UserId { get; init; }

    /// <summary>The person's epoch in the session in which they ask; if it has changed since, nothing happens.</summary>
    public required long UserEpoch { get; init; }

    /// <summary>How long they may still change their mind.</summary>
    public required TimeSpan Grace { get; init; }

    /// <summary>Written with it.</summary>
    public required ChangeNotice Notice { get; init; }
}

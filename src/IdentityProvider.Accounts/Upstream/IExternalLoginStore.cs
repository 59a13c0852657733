using IdentityProvider.Accounts.Events;
using IdentityProvider.Accounts.Users;

namespace IdentityProvider.Accounts.Upstream;

/// <summary>An account at another provider that signs a person in here.</summary>
public sealed record ExternalLogin
{
    /// <summary>The provider's issuer identifier.</summary>
    public required string Issuer { get; init; }

    /// <summary>The account there.</summary>
    public required string Subject { get; init; }

    /// <summary>Whose it is here.</summary>
    public required Guid UserId { get; init; }

    /// <summary>By what the person recognises it.</summary>
    public string? Label { get; init; }

    /// <summary>Since when.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it last signed the person in; null: never.</summary>
    public DateTimeOffset? LastUsedAt { get; init; }

    /// <summary>It is not accepted, though it is there: somebody else may have added it.</summary>
    public bool Suspended { get; init; }
}

/// <summary>What became of a registration.</summary>
public enum RegistrationOutcome
{
    /// <summary>The person exists, and the account signs them in.</summary>
    Created,

    /// <summary>The account signs somebody in already: another request was faster.</summary>
    AlreadyLinked,

    /// <summary>Somebody has the user name.</summary>
    NameTaken,

    /// <summary>Somebody has the e-mail address.</summary>
    AddressTaken,
}

/// <summary>What became of a link.</summary>
public enum LinkOutcome
{
    /// <summary>The account signs this person in from now on.</summary>
    Linked,

    /// <summary>It does already.</summary>
    AlreadyTheirs,

    /// <summary>It signs somebody else in.</summary>
    TakenByOther,

    /// <summary>The person is gone, locked, or has changed meanwhile.</summary>
    PersonChanged,
}

/// <summary>What became of an unlinking.</summary>
public enum UnlinkOutcome
{
    /// <summary>The account signs nobody in any more.</summary>
    Unlinked,

    /// <summary>It stays: the person would have no way to sign in.</summary>
    LastMeans,

    /// <summary>There was nothing to unlink.</summary>
    NotFound,
}

/// <summary>
/// Which accounts at other providers sign whom in. An account signs in one person at most, decided by the primary key (issuer, subject);
/// an e-mail address decides nothing.
/// </summary>
public interface IExternalLoginStore
{
    /// <summary>Whom this account signs in; null: nobody.</summary>
    Task<ExternalLogin?> FindAsync(string issuer, string subject, CancellationToken cancellationToken);

    /// <summary>The accounts that sign this person in, the oldest first.</summary>
    Task<IReadOnlyList<ExternalLogin>> ListAsync(Guid userId, CancellationToken cancellationToken);

    /// <summary>Stores a new person, their claims and the account that signs them in, all or nothing.</summary>
    Task<RegistrationOutcome> RegisterAsync(User user, IReadOnlyList<UserClaim> claims, ExternalLogin login, ChangeNotice? notice = null);

    /// <summary>Lets the account sign this person in, if they are still of this epoch and not locked.</summary>
    Task<LinkOutcome> LinkAsync(ExternalLogin login, long userEpoch, ChangeNotice? notice = null);

    /// <summary>The account signs the person in no more, unless it is the last means that they have.</summary>
    Task<UnlinkOutcome> UnlinkAsync(Guid userId, string issuer, string subject, ChangeNotice? notice = null);

    /// <summary>It has just signed the person in.</summary>
    Task NoteUseAsync(string issuer, string subject);
}

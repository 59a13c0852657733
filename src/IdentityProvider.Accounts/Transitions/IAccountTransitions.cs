using IdentityProvider.Accounts.Events;

namespace IdentityProvider.Accounts.Transitions;

/// <summary>What a transition ended.</summary>
/// <param name="Sessions">Sessions that were alive until then.</param>
/// <param name="Grants">Grants (families of refresh tokens, and what access tokens name) that were alive until then.</param>
public readonly record struct Ended(int Sessions, int Grants);

/// <summary>A person who is signed in takes another password.</summary>
public sealed record PasswordChange
{
    /// <summary>The person.</summary>
    public required Guid UserId { get; init; }

    /// <summary>The person's epoch as read with the password that was checked; if it has changed since, nothing happens.</summary>
    public required long UserEpoch { get; init; }

    /// <summary>The hash of the new password.</summary>
    public required string PasswordHash { get; init; }

    /// <summary>See <see cref="Users.User.HasShortPassword"/>.</summary>
    public bool ShortPassword { get; init; }

    /// <summary>Written with it.</summary>
    public required ChangeNotice Notice { get; init; }

    /// <summary>The session in which it happens, and the only one that goes on.</summary>
    public required Guid SessionId { get; init; }

    /// <summary>SHA-256 of that session's new handle: a handle known from before is worth nothing afterwards.</summary>
    public required byte[] HandleHash { get; init; }
}

/// <summary>
/// Changes of a person that end sessions and grants: each is one transaction over the person, their sessions and grants, and the
/// messages to the clients of those sessions, so that there is no change without the end and no end without the messages. It holds for
/// all instances once it returns. The person's epoch is what kills; what is written into sessions and grants is the record of it. So what
/// was in the making meanwhile is dead at its first use.
/// </summary>
public interface IAccountTransitions
{
    /// <summary>
    /// Ends the other sessions, every grant and every one-time token. The person's own session goes on under its new handle.
    /// Null, and nothing changed, when the person is gone, locked, or of another epoch by now.
    /// </summary>
    Task<Ended?> ChangePasswordAsync(PasswordChange change);

    /// <summary>
    /// An operator sets a password; ends all sessions, grants and one-time tokens, and tells the person. A lock stays. Null: no such person.
    /// </summary>
    /// <param name="userId">The person.</param>
    /// <param name="passwordHash">The hash of the new password.</param>
    /// <param name="shortPassword">See <see cref="Users.User.HasShortPassword"/>.</param>
    Task<Ended?> ResetPasswordAsync(Guid userId, string passwordHash, bool shortPassword = false);

    /// <summary>
    /// The same by a link that was mailed, which is used up in this very transaction, together with the mail that tells of it. Remembered
    /// devices end too, and so does the lock of a <see cref="Repudiation"/>. An account whose address was not confirmed loses its factors and
    /// links, and has its address confirmed. Null, and nothing changed: the link is not alive.
    /// </summary>
    Task<Ended?> ResetPasswordAsync(ProvenReset reset);

    /// <summary>
    /// Uses the link up, voids the password, ends all sessions, grants and one-time tokens, and takes back what was added to the account since:
    /// passkeys, authenticator app and links are suspended, recovery codes, devices and consents end, a change of the address is undone. Locks
    /// the account if that is asked for; a lock of an operator stays as it is. Null, and nothing changed: the link is not alive.
    /// </summary>
    Task<Ended?> RepudiateAsync(Repudiation repudiation);

    /// <summary>Nobody signs in as this person until <see cref="UnlockAsync"/>; ends all sessions, grants and one-time tokens. Null: no such person.</summary>
    /// <param name="userId">The person.</param>
    /// <param name="reason">For operators.</param>
    Task<Ended?> LockAsync(Guid userId, string reason);

    /// <summary>Lets the person sign in again. What a lock ended stays ended. False: no such person.</summary>
    Task<bool> UnlockAsync(Unlocking unlocking);

    /// <summary>
    /// The person wants the account deleted after some time: ends all sessions, grants and one-time tokens now, and notes when.
    /// Null, and nothing changed, when the person is gone, locked, or of another epoch by now.
    /// </summary>
    Task<Ended?> RequestDeletionAsync(DeletionRequest request);

    /// <summary>The person keeps the account. False when it was not to be deleted, or has been.</summary>
    Task<bool> CancelDeletionAsync(Guid userId, ChangeNotice notice);

    /// <summary>Ends everything of the person, and removes them with what they have allowed to clients. Null: no such person.</summary>
    /// <param name="userId">The person.</param>
    /// <param name="onlyIfDue">Only if the time that they have asked for has come, and they have not changed their mind; else null.</param>
    Task<Ended?> DeleteAsync(Guid userId, bool onlyIfDue = false);

    /// <summary>
    /// Takes back what the person has allowed a client: forgets the answer, and ends this client's grants and codes. Returns the number
    /// of grants. A request for a code that is answered at the very same moment counts as a later one.
    /// </summary>
    Task<int> WithdrawConsentAsync(Guid userId, string clientId);
}

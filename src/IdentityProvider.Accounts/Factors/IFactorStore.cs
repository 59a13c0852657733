using IdentityProvider.Accounts.Events;
using Microsoft.AspNetCore.Identity;

namespace IdentityProvider.Accounts.Factors;

/// <summary>What a person has set up besides a password.</summary>
public sealed record FactorState
{
    /// <summary>Since when an authenticator app is set up; null: there is none.</summary>
    public DateTimeOffset? TotpSince { get; init; }

    /// <summary>Recovery codes that have not been used.</summary>
    public int RecoveryCodesLeft { get; init; }

    /// <summary>How many passkeys there are that are accepted.</summary>
    public int Passkeys { get; init; }

    /// <summary>The person does not want to be offered a passkey after sign-in.</summary>
    public bool PasskeyOfferDeclined { get; init; }

    /// <summary>Whether a passkey may be offered after a sign-in without one.</summary>
    public bool OfferPasskey => Passkeys == 0 && !PasskeyOfferDeclined;

    /// <summary>Whether a sign-in by password needs another factor.</summary>
    public bool TwoStep => TotpSince is not null;
}

/// <summary>The secret that an authenticator app shares with us.</summary>
/// <param name="Id">Tells one set-up from the next one, so that a step of the old secret is never booked on the new one.</param>
/// <param name="Secret">The key of RFC 6238; sealed at rest.</param>
public sealed record TotpAuthenticator(Guid Id, byte[] Secret);

/// <summary>What became of the wish to remove a passkey.</summary>
public enum PasskeyRemoval
{
    /// <summary>It is gone.</summary>
    Removed,

    /// <summary>The person has none such, or has changed by now.</summary>
    NotFound,

    /// <summary>It stays: nothing else would sign the person in.</summary>
    LastMeans,
}

/// <summary>
/// Second factors, and what makes one-time things one-time. Each consumption is one statement that decides for exactly one caller, in the
/// database, whatever happens to Redis.
/// </summary>
public interface IFactorStore
{
    /// <summary>What this person has set up.</summary>
    Task<FactorState> ReadAsync(Guid userId, CancellationToken cancellationToken);

    /// <summary>The authenticator app's secret; null: none is set up.</summary>
    Task<TotpAuthenticator?> FindTotpAsync(Guid userId, CancellationToken cancellationToken);

    /// <summary>
    /// Sets up an authenticator app, in place of any other. <paramref name="step"/> is the one that confirmed it: it is used up. False, and
    /// nothing changed: the person is gone, locked, or of another epoch than <paramref name="userEpoch"/> by now.
    /// </summary>
    Task<bool> SaveTotpAsync(Guid userId, long userEpoch, TotpAuthenticator authenticator, long step, ChangeNotice? notice = null);

    /// <summary>Uses a time step up, and with it all before it (RFC 6238 §5.2). False when somebody was faster.</summary>
    Task<bool> ConsumeTotpStepAsync(Guid userId, Guid authenticatorId, long step);

    /// <summary>
    /// Removes the authenticator app, and the recovery codes that stood in for it. False, and nothing removed, when there is none, or when
    /// the password is too short to protect the account alone.
    /// </summary>
    Task<bool> RemoveTotpAsync(Guid userId, ChangeNotice? notice = null);

    /// <summary>
    /// Replaces all recovery codes. Only keyed hashes are stored. False, and nothing changed: the person is gone, locked, or of another epoch
    /// than <paramref name="userEpoch"/> by now.
    /// </summary>
    Task<bool> ReplaceRecoveryCodesAsync(Guid userId, long userEpoch, IReadOnlyList<string> codes, ChangeNotice? notice = null);

    /// <summary>Uses a recovery code up. False when there is no such code, or somebody was faster.</summary>
    Task<bool> ConsumeRecoveryCodeAsync(Guid userId, string code, ChangeNotice? notice = null);

    /// <summary>Tells of a change that another store has made.</summary>
    Task TellAsync(Guid userId, ChangeNotice notice);

    /// <summary>Marks a challenge as used, for as long as it could be presented again. False when it was used before.</summary>
    Task<bool> ConsumeChallengeAsync(Guid challengeId, TimeSpan lifetime);

    /// <summary>When each passkey of a person was last used, by credential id in base64url.</summary>
    Task<IReadOnlyDictionary<string, DateTimeOffset>> ReadPasskeyUsesAsync(Guid userId, CancellationToken cancellationToken);

    /// <summary>The passkeys of a person that are suspended, by credential id in base64url.</summary>
    Task<IReadOnlySet<string>> ReadSuspendedPasskeysAsync(Guid userId, CancellationToken cancellationToken);

    /// <summary>Notes that the passkey is being used. False: it is suspended, and must not be accepted.</summary>
    Task<bool> NotePasskeyUseAsync(Guid userId, byte[] credentialId);

    /// <summary>
    /// Adds a passkey. False, and nothing changed: somebody has it, or the person is gone, locked, or of another epoch than
    /// <paramref name="userEpoch"/> by now.
    /// </summary>
    Task<bool> AddPasskeyAsync(Guid userId, long userEpoch, UserPasskeyInfo passkey, ChangeNotice? notice = null);

    /// <summary>Writes a passkey's name, signature count and flags. False: it is gone, and stays so.</summary>
    Task<bool> UpdatePasskeyAsync(Guid userId, UserPasskeyInfo passkey);

    /// <summary>
    /// Removes a passkey and what was noted about it, if the person is not locked and of this epoch, unless it is the last means of signing in.
    /// </summary>
    Task<PasskeyRemoval> RemovePasskeyAsync(Guid userId, long userEpoch, byte[] credentialId, ChangeNotice? notice = null);

    /// <summary>The person does not want to be offered a passkey after sign-in.</summary>
    Task DeclinePasskeyOfferAsync(Guid userId);
}

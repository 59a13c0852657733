using IdentityProvider.Accounts.Notifications;

namespace IdentityProvider.Accounts.OneTimeTokens;

/// <summary>
/// Keeps what is good once. Whoever reads the store can use nothing of it: it has hashes only. Each use is one statement that decides for
/// exactly one caller. Where a use changes the account, the transaction of that change uses the link up itself.
/// </summary>
public interface IOneTimeTokenStore
{
    /// <summary>Stores a token and the mail that carries it, in one transaction; null: somebody is told it in another way.</summary>
    Task IssueAsync(NewOneTimeToken token, OutgoingMail? mail);

    /// <summary>How a link stands; changes nothing. Null: there is no such link.</summary>
    Task<OneTimeToken?> LookAsync(string purpose, OneTimeLink link, CancellationToken cancellationToken);

    /// <summary>How the token stands that this browser asked for; changes nothing. Null: there is none.</summary>
    Task<OneTimeToken?> FindAsync(string purpose, Guid id, CancellationToken cancellationToken);

    /// <summary>A person's tokens of one purpose that are alive, the oldest first.</summary>
    Task<IReadOnlyList<OneTimeToken>> ListAsync(Guid userId, string purpose, CancellationToken cancellationToken);

    /// <summary>Uses a link up. Null: it is not alive, or somebody was faster.</summary>
    Task<OneTimeToken?> ConsumeAsync(string purpose, OneTimeLink link);

    /// <summary>
    /// Uses a token up if the code is right. The try is counted before it is judged: a hundred guesses at once are not more than there are
    /// tries. A token that is bound to a browser takes no code from another one.
    /// </summary>
    Task<OneTimeCodeAnswer> TryCodeAsync(string purpose, Guid id, string code, byte[]? browserHash);

    /// <summary>Voids all of a person's tokens of one purpose.</summary>
    Task VoidAsync(Guid userId, string purpose);
}

namespace IdentityProvider.Accounts.Passwords;

/// <summary>Where passwords that have leaked are looked up. The host adapts it to the network.</summary>
public interface IBreachRanges
{
    /// <summary>
    /// The lines <c>SUFFIX:COUNT</c> of all leaked passwords whose SHA-1 begins with these five hexadecimal digits. Null: there is no answer,
    /// or none in time.
    /// </summary>
    Task<string?> FindAsync(string prefix, CancellationToken cancellationToken);
}

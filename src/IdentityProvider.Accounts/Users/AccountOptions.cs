using System.ComponentModel.DataAnnotations;

namespace IdentityProvider.Accounts.Users;

/// <summary>Section <c>Accounts</c>.</summary>
public sealed record AccountOptions
{
    /// <summary>
    /// 14 d: how long an account that its person wants deleted can still be kept by signing in. Long enough to come back from a holiday, or to
    /// notice the mail when it was somebody else who asked.
    /// </summary>
    [Range(typeof(TimeSpan), "01:00:00", "365.00:00:00")]
    public TimeSpan DeletionGrace { get; set; } = TimeSpan.FromDays(14);

    /// <summary>
    /// False: who has not confirmed their address signs in all the same, and tokens say <c>email_verified: false</c>. True: the right password, or
    /// a passkey, leads to the confirmation, and on from there. An account without an address is not held up.
    /// </summary>
    public bool RequireVerifiedEmail { get; set; }

    /// <summary>
    /// False: people can also sign in by a code that is mailed to them. It proves no more than access to a mailbox, which NIST SP 800-63B-4
    /// §3.1.3 does not count as an authenticator: tokens say <c>acr</c> 0, and nothing that is sensitive opens with it.
    /// </summary>
    public bool EmailCodeSignIn { get; set; }
}

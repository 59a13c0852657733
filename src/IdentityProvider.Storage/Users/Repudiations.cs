using IdentityProvider.Accounts.Events;
using IdentityProvider.Accounts.OneTimeTokens;
using IdentityProvider.Storage.Upstream;

namespace IdentityProvider.Storage.Users;

/// <summary>
/// What was added to an account since somebody else got in, as statements that suspend it or take it back. What cannot be told apart any more,
/// or costs nothing to give again, ends. Standard SQL but for times and JSON, which each engine has its own way of.
/// </summary>
/// <param name="User">The person's id.</param>
/// <param name="Since">From when on.</param>
/// <param name="Country">The country that was new.</param>
/// <param name="Now">The time of the statement.</param>
/// <param name="Condition">Whether the change has applied.</param>
internal sealed record Repudiations(string User, string Since, string Country, string Now, string Condition)
{
    /// <summary>When passkey <c>p</c> was made.</summary>
    public required string PasskeyTime { get; init; }

    /// <summary>The id of passkey <c>p</c> as hexadecimal digits.</summary>
    public required string PasskeyKey { get; init; }

    /// <summary>What token <c>t</c> says, as a JSON document.</summary>
    public required string Content { get; init; }

    /// <summary>The address that the account had then stands in the first link that takes a change of it back, whoever that was mailed to.</summary>
    public string OldAddress => $"""
        SELECT {Content} ->> 'email' AS email, {Content} ->> 'normalized' AS normalized FROM one_time_tokens t
        WHERE t.user_id = {User} AND t.purpose = '{OneTimeTokenPurposes.UndoEmailChange}' AND t.created_at >= {Since} AND t.tries_left > 0 ORDER BY t.created_at LIMIT 1
        """;

    /// <summary>Where another account has confirmed the old address meanwhile, this one has none: it must not be reached by the other one.</summary>
    private string RestoreAddress
    {
        get
        {
            const string taken = """EXISTS (SELECT 1 FROM "AspNetUsers" o WHERE o."Id" <> u."Id" AND o."NormalizedEmail" = old.normalized AND o."EmailConfirmed")""";
            return $"""
                UPDATE "AspNetUsers" AS u SET
                    "Email" = CASE WHEN {taken} THEN NULL ELSE old.email END,
                    "NormalizedEmail" = CASE WHEN {taken} THEN NULL ELSE old.normalized END,
                    "EmailConfirmed" = NOT {taken}
                FROM ({OldAddress}) AS old
                WHERE u."Id" = {User} AND {Condition}
                """;
        }
    }

    public IReadOnlyList<string> Statements =>
    [
        RestoreAddress,
        $"{VoidWaysBack(User)} AND created_at >= {Since} AND {Condition}",
        SuspendPasskeys,
        SuspendLogins,
        SuspendTotp(User, Now, $"a.created_at >= {Since} AND {Condition}"),
        $"""
        DELETE FROM recovery_codes WHERE user_id = {User} AND {Condition} AND EXISTS (
            SELECT 1 FROM security_events e
            WHERE e.subject_id = {User} AND e.type = '{AccountEventTypes.MfaRecoveryCodesCreated}' AND e.occurred_at >= {Since})
        """,
        $"UPDATE known_devices SET revoked_at = {Now} WHERE user_id = {User} AND revoked_at IS NULL AND (created_at >= {Since} OR trusted_since >= {Since}) AND {Condition}",
        $"{ProvenEnds.EndTrust(User)} AND {Condition}",
        $"DELETE FROM sign_in_countries WHERE user_id = {User} AND country = {Country} AND {Condition}",
        $"DELETE FROM consents WHERE subject_id = {User} AND granted_at >= {Since} AND {Condition}",
        $"{PersonRows.PasswordFailures(User)} AND {Condition}",
    ];

    public string SuspendPasskeys => $"""
        INSERT INTO suspensions (user_id, kind, key, suspended_at)
        SELECT p."UserId", '{SuspensionRow.Passkey}', lower({PasskeyKey}), {Now} FROM "AspNetUserPasskeys" p
        WHERE p."UserId" = {User} AND {PasskeyTime} >= {Since} AND {Condition}
        ON CONFLICT DO NOTHING
        """;

    public string SuspendLogins => $"""
        INSERT INTO suspensions (user_id, kind, key, suspended_at)
        SELECT l.user_id, '{ExternalLoginRow.SuspensionKind}', l.issuer || ' ' || l.subject, {Now} FROM external_logins l
        WHERE l.user_id = {User} AND l.created_at >= {Since} AND {Condition}
        ON CONFLICT DO NOTHING
        """;

    /// <summary>
    /// Links that take something back outlive every change of the account. Whoever had the mailbox for a while has some too: once the owner is
    /// back, they must not be good for anything.
    /// </summary>
    public static string VoidWaysBack(string user) => $"""
        UPDATE one_time_tokens SET tries_left = 0
        WHERE user_id = {user} AND purpose IN ('{OneTimeTokenPurposes.UndoEmailChange}', '{OneTimeTokenPurposes.NotMe}') AND used_at IS NULL
        """;

    /// <summary>Of authenticator <c>a</c>, under a condition.</summary>
    public static string SuspendTotp(string user, string now, string condition) => $"""
        INSERT INTO suspensions (user_id, kind, key, suspended_at)
        SELECT a.user_id, '{SuspensionRow.Totp}', lower(CAST(a.id AS text)), {now} FROM totp_authenticators a WHERE a.user_id = {user} AND {condition}
        ON CONFLICT DO NOTHING
        """;
}

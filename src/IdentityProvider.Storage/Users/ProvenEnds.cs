namespace IdentityProvider.Storage.Users;

/// <summary>
/// What a password that was set by a mailed link ends beside sessions and grants. An account whose address nobody has confirmed may have been
/// made by somebody else, so there the reader of the mail finds nothing but the account. Standard SQL, for both engines.
/// </summary>
internal static class ProvenEnds
{
    /// <summary>Whether the address was not confirmed; on PostgreSQL also whether the change has applied, which the stamp says.</summary>
    public static string Unconfirmed(string user, string? stamp = null) => $"""
        EXISTS (SELECT 1 FROM "AspNetUsers" u WHERE u."Id" = {user} AND NOT u."EmailConfirmed"{(stamp is null ? "" : $""" AND u."ConcurrencyStamp" = {stamp}""")})
        """;

    public static IReadOnlyList<string> Removals(string user, string condition) =>
    [
        $"""DELETE FROM "AspNetUserPasskeys" WHERE "UserId" = {user} AND {condition}""",
        $"""DELETE FROM "AspNetUserLogins" WHERE "UserId" = {user} AND {condition}""",
        $"DELETE FROM passkey_uses WHERE user_id = {user} AND {condition}",
        $"DELETE FROM totp_authenticators WHERE user_id = {user} AND {condition}",
        $"DELETE FROM recovery_codes WHERE user_id = {user} AND {condition}",
        $"DELETE FROM external_logins WHERE user_id = {user} AND {condition}",
        $"DELETE FROM suspensions WHERE user_id = {user} AND {condition}",
        $"DELETE FROM known_devices WHERE user_id = {user} AND {condition}",
        $"DELETE FROM consents WHERE subject_id = {user} AND {condition}",
    ];

    /// <summary>Whoever read the mail has the address, unless another account has it.</summary>
    public static string Confirm(string user, string? stamp = null) => $"""
        UPDATE "AspNetUsers" AS u SET "EmailConfirmed" = TRUE
        WHERE u."Id" = {user} AND NOT u."EmailConfirmed"{(stamp is null ? "" : $""" AND u."ConcurrencyStamp" = {stamp}""")}
            AND NOT EXISTS (SELECT 1 FROM "AspNetUsers" o WHERE o."Id" <> u."Id" AND o."NormalizedEmail" = u."NormalizedEmail" AND o."EmailConfirmed")
        """;

    /// <summary>Trust in a device ends with the epoch under which it was given: this is the record of it, for the person's list.</summary>
    public static string EndTrust(string user) =>
        $"UPDATE known_devices SET trusted_until = NULL, trusted_since = NULL WHERE user_id = {user} AND trusted_until IS NOT NULL";

    public static string RevokeDevices(string user, string now) =>
        $"UPDATE known_devices SET revoked_at = {now} WHERE user_id = {user} AND revoked_at IS NULL";
}

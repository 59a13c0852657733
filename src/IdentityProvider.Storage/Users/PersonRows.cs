namespace IdentityProvider.Storage.Users;

/// <summary>
/// What goes with a person at once. Those of ASP.NET Core Identity follow by their foreign keys. Ended sessions and grants stay until their
/// time is over, as the record of what was ended. Each holds on to the person's row, which goes last, under a condition: a deletion that did
/// not apply removes nothing.
/// </summary>
internal static class PersonRows
{
    /// <summary>A new password has been guessed at by nobody.</summary>
    public static string PasswordFailures(string user) => $"DELETE FROM password_failures WHERE user_id = {user}";

    public static IReadOnlyList<string> Deletions(string user, string condition) =>
    [
        .. Tables(user).Select(table => $"""{table} AND EXISTS (SELECT 1 FROM "AspNetUsers" u WHERE u."Id" = {user} AND u.{condition})"""),
        $"""DELETE FROM "AspNetUsers" WHERE "Id" = {user} AND {condition}""",
    ];

    private static IReadOnlyList<string> Tables(string user) =>
    [
        $"DELETE FROM consents WHERE subject_id = {user}",
        $"DELETE FROM totp_authenticators WHERE user_id = {user}",
        $"DELETE FROM recovery_codes WHERE user_id = {user}",
        $"DELETE FROM passkey_uses WHERE user_id = {user}",
        $"DELETE FROM passkey_offers WHERE user_id = {user}",
        $"DELETE FROM one_time_tokens WHERE user_id = {user}",
        $"DELETE FROM known_devices WHERE user_id = {user}",
        $"DELETE FROM sign_in_countries WHERE user_id = {user}",
        PasswordFailures(user),
        $"DELETE FROM external_logins WHERE user_id = {user}",
        $"DELETE FROM suspensions WHERE user_id = {user}",
    ];
}

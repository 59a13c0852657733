namespace IdentityProvider.Storage.Users;

/// <summary>
/// What goes with a person at once. Those of ASP.NET Core Identity follow by their foreign keys. Ended sessions and grants stay until their
/// time is over, as the record of what was ended.
/// </summary>
internal static class PersonRows
{
    /// <summary>A new password has been guessed at by nobody.</summary>
    public static string PasswordFailures(string user) => $"DELETE FROM password_failures WHERE user_id = {user}";

    public static IReadOnlyList<string> Deletions(string user) =>
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
        $"""DELETE FROM "AspNetUsers" WHERE "Id" = {user}""",
    ];
}

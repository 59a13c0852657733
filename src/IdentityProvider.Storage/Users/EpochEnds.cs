namespace IdentityProvider.Storage.Users;

/// <summary>
/// What a raised epoch has killed, as conditions on sessions <c>s</c> and grants <c>g</c>. They compare with the person's present row, so a
/// transition that did not apply finds nothing, and one that is repeated finds the rest. Standard SQL, for both engines.
/// </summary>
internal static class EpochEnds
{
    public static string Sessions(string user) =>
        $"""s.user_id = {user} AND s.user_epoch <> (SELECT u."Epoch" FROM "AspNetUsers" u WHERE u."Id" = {user})""";

    public static string Grants(string user) =>
        $"""g.subject_id = {user} AND g.subject_epoch <> (SELECT u."Epoch" FROM "AspNetUsers" u WHERE u."Id" = {user})""";
}

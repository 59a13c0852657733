using System.Data.Common;
using System.Globalization;
using System.Security.Claims;
using System.Text.Json;
using IdentityProvider.Protocol.Subjects;
using IdentityProvider.Storage.Database;

namespace IdentityProvider.Storage.Users;

/// <summary>
/// A person in one statement with the decision about a grant: columns of <c>"AspNetUsers" u</c>, with claims and roles as JSON subselects,
/// which are only evaluated where their condition holds.
/// </summary>
internal static class SubjectSql
{
    public const int ColumnCount = 9;

    public static string PostgresColumns(string profileCondition) => $"""
        u."Id", u."UserName", u."Email", u."EmailConfirmed", u."PhoneNumber", u."PhoneNumberConfirmed",
        CASE WHEN isfinite(u."UpdatedAt") THEN extract(epoch FROM u."UpdatedAt")::bigint ELSE 0 END,
        CASE WHEN {profileCondition} THEN
        (SELECT json_agg(json_build_array(uc."ClaimType", uc."ClaimValue", uc."ClaimValueType") ORDER BY uc."Id")::text
           FROM "AspNetUserClaims" uc WHERE uc."UserId" = u."Id") END,
        CASE WHEN {profileCondition} THEN
        (SELECT json_agg(r."Name" ORDER BY r."Name")::text
           FROM "AspNetUserRoles" ur JOIN "AspNetRoles" r ON r."Id" = ur."RoleId" WHERE ur."UserId" = u."Id") END
        """;

    /// <summary>The offset is the Unix epoch in ticks.</summary>
    public static string SqliteColumns(string profileCondition) => $"""
        u."Id", u."UserName", u."Email", u."EmailConfirmed", u."PhoneNumber", u."PhoneNumberConfirmed",
        (u."UpdatedAt" - 621355968000000000) / 10000000,
        CASE WHEN {profileCondition} THEN
        (SELECT json_group_array(json_array(uc."ClaimType", uc."ClaimValue", uc."ClaimValueType") ORDER BY uc."Id")
           FROM "AspNetUserClaims" uc WHERE uc."UserId" = u."Id") END,
        CASE WHEN {profileCondition} THEN
        (SELECT json_group_array(r."Name" ORDER BY r."Name")
           FROM "AspNetUserRoles" ur JOIN "AspNetRoles" r ON r."Id" = ur."RoleId" WHERE ur."UserId" = u."Id") END
        """;

    /// <summary>Reads these columns, which start at <paramref name="first"/>.</summary>
    public static SubjectRecord Read(DbDataReader reader, int first)
    {
        var claims = ReadClaims(reader.GetStringOrNull(first + 7));
        if (reader.GetInt64(first + 6) is > 0 and var updatedAt && !claims.Exists(claim => claim.Type == "updated_at"))
        {
            claims.Add(new SubjectClaim("updated_at", updatedAt.ToString(CultureInfo.InvariantCulture), ClaimValueTypes.Integer64));
        }

        return new SubjectRecord
        {
            Subject = reader.GetGuid(first).ToString("D"),
            Username = reader.GetStringOrNull(first + 1) ?? "",
            Email = reader.GetStringOrNull(first + 2),
            EmailVerified = reader.GetBoolean(first + 3),
            PhoneNumber = reader.GetStringOrNull(first + 4),
            PhoneNumberVerified = reader.GetBoolean(first + 5),
            Roles = reader.GetStringOrNull(first + 8) is { } roles ? JsonSerializer.Deserialize(roles, StorageJson.Default.StringArray)! : [],
            Claims = claims,
        };
    }

    private static List<SubjectClaim> ReadClaims(string? json)
    {
        if (json is null)
        {
            return [];
        }

        string?[][] rows = JsonSerializer.Deserialize(json, StorageJson.Default.StringArrayArray)!;
        return [.. rows.Select(row => new SubjectClaim(row[0]!, row[1] ?? "", row[2]))];
    }
}

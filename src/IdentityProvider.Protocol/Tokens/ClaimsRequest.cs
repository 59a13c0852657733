using System.Text.Json;
using IdentityProvider.Protocol.Errors;

namespace IdentityProvider.Protocol.Tokens;

/// <summary>The <c>claims</c> parameter (OpenID Connect Core §5.5).</summary>
internal sealed record ClaimsRequest
{
    public static ClaimsRequest Empty { get; } = new();

    /// <summary>Claims wanted from userinfo.</summary>
    public IReadOnlyList<string> UserInfo { get; init; } = [];

    /// <summary>Claims wanted in the ID token.</summary>
    public IReadOnlyList<string> IdToken { get; init; } = [];

    /// <summary>Values of <c>acr</c> that are asked for (§5.5.1.1); empty: none.</summary>
    public IReadOnlyList<string> Acr { get; init; } = [];

    /// <summary>Without one of these values the request must fail.</summary>
    public bool AcrIsEssential { get; init; }

    /// <summary>The people of whom alone an answer is wanted, by <c>sub</c> (§3.1.2.2, §5.5.1); null: whoever it is.</summary>
    public IReadOnlyList<string>? Subjects { get; init; }

    /// <summary>Whether any claim is asked for by name.</summary>
    public bool HasNames => UserInfo.Count + IdToken.Count > 0;

    /// <summary>What remains of the request for who may have these claims, as JSON; null: nothing.</summary>
    public string? Within(IReadOnlySet<string> claims)
    {
        string[] userInfo = [.. UserInfo.Where(claims.Contains)], idToken = [.. IdToken.Where(claims.Contains)];
        return userInfo.Length + idToken.Length == 0
            ? null
            : JsonSerializer.Serialize(new Dictionary<string, Dictionary<string, object?>> { ["userinfo"] = Members(userInfo), ["id_token"] = Members(idToken) });

        static Dictionary<string, object?> Members(string[] names) => names.Distinct(StringComparer.Ordinal).ToDictionary(name => name, object? (_) => null, StringComparer.Ordinal);
    }

    public static Result<ClaimsRequest> Parse(string? json)
    {
        if (json is null)
        {
            return Empty;
        }

        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                return OAuthError.InvalidRequest("The claims parameter must be a JSON object.");
            }

            if (!TryNames(root, "userinfo", out var userInfo) || !TryNames(root, "id_token", out var idToken))
            {
                return OAuthError.InvalidRequest("The members userinfo and id_token of the claims parameter must be JSON objects.");
            }

            return new ClaimsRequest
            {
                UserInfo = userInfo,
                IdToken = idToken,
                Acr = ReadAcr(root, out var essential),
                AcrIsEssential = essential,
                Subjects = ReadSubjects(root),
            };
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // A lone surrogate passes the parser, and fails whoever reads the string.
            return OAuthError.InvalidRequest("The claims parameter is not valid JSON.");
        }
    }

    private static bool TryNames(JsonElement root, string member, out IReadOnlyList<string> names)
    {
        names = [];
        if (!root.TryGetProperty(member, out var claims) || claims.ValueKind == JsonValueKind.Null)
        {
            return true;
        }

        if (claims.ValueKind != JsonValueKind.Object)
        {
            return false;
        }

        names = [.. claims.EnumerateObject().Select(claim => claim.Name)];
        return true;
    }

    private static List<string> ReadAcr(JsonElement root, out bool essential)
    {
        var values = new List<string>();
        essential = false;
        if (TryWish(root, "id_token", "acr", out var acr))
        {
            values = ReadValues(acr);
            essential = values.Count > 0 && acr.TryGetProperty("essential", out var demanded) && demanded.ValueKind == JsonValueKind.True;
        }

        return values;
    }

    /// <summary>Asked for in both places, it has to be in both lists.</summary>
    private static List<string>? ReadSubjects(JsonElement root)
    {
        List<string>? subjects = null;
        foreach (var member in (ReadOnlySpan<string>)["id_token", "userinfo"])
        {
            if (TryWish(root, member, "sub", out var sub) && ReadValues(sub) is { Count: > 0 } values)
            {
                subjects = subjects is null ? values : [.. subjects.Intersect(values, StringComparer.Ordinal)];
            }
        }

        return subjects;
    }

    private static bool TryWish(JsonElement root, string member, string claim, out JsonElement wish)
    {
        wish = default;
        return root.TryGetProperty(member, out var claims) && claims.ValueKind == JsonValueKind.Object
            && claims.TryGetProperty(claim, out wish) && wish.ValueKind == JsonValueKind.Object;
    }

    private static List<string> ReadValues(JsonElement wish)
    {
        var values = new List<string>();
        if (wish.TryGetProperty("value", out var value) && value.ValueKind == JsonValueKind.String)
        {
            values.Add(value.GetString()!);
        }

        if (wish.TryGetProperty("values", out var list) && list.ValueKind == JsonValueKind.Array)
        {
            values.AddRange(list.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!));
        }

        return values;
    }
}

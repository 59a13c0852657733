using System.Text.Json;
using System.Text.Json.Nodes;
using IdentityProvider.Hosting.Configuration;

namespace IdentityProvider.Hosting.Seeding;

/// <summary>Reads seed files: JSON with any of the arrays Clients, ApiScopes, ApiResources, IdentityResources and Users.</summary>
internal static class SeedReader
{
    private const string SchemaFile = "seed.schema.json";

    /// <summary>
    /// What a Duende client has and we do not, each with the values that ask for nothing, besides null: an export has all of them. Any
    /// other value is refused rather than ignored, since it would change what a client may do.
    /// </summary>
    private static readonly Dictionary<string, Func<JsonElement, bool>> NotBuilt = new(StringComparer.OrdinalIgnoreCase)
    {
        ["AllowAccessTokensViaBrowser"] = IsFalse,
        ["AllowPlainTextPkce"] = IsFalse,
        ["AllowedIdentityProviders"] = IsEmpty,
        ["AlwaysSendClientClaims"] = IsFalse,
        ["CibaLifetime"] = IsAnything,
        ["Claims"] = IsEmpty,
        ["ClientClaimsPrefix"] = IsAnything,
        ["DPoPClockSkew"] = IsAnything,
        ["DPoPValidationMode"] = IsAnything,
        ["DeviceCodeLifetime"] = IsAnything,
        ["EnableLocalLogin"] = IsTrue,
        ["IdentityProviderRestrictions"] = IsEmpty,
        ["IncludeJwtId"] = IsTrue,
        ["Jwks"] = IsNothing,
        ["JwksUri"] = IsNothing,
        ["PairWiseSubjectSalt"] = IsNothing,
        ["PollingInterval"] = IsAnything,
        ["Properties"] = IsEmpty,
        ["ProtocolType"] = value => value.ValueKind == JsonValueKind.String && value.ValueEquals("oidc"),
        ["PushedAuthorizationLifetime"] = IsAnything,
        ["RequireDPoP"] = IsFalse,
        ["RequirePushedAuthorization"] = IsFalse,
        ["RequireRequestObject"] = IsFalse,
        ["SectorIdentifierUri"] = IsNothing,
        ["ShowInDiscoveryDocument"] = IsTrue,
        ["SubjectType"] = value => value.ValueKind == JsonValueKind.String && value.ValueEquals("public"),
        ["UpdateAccessTokenClaimsOnRefresh"] = IsFalse,
        ["UserCodeType"] = IsAnything,
    };

    /// <summary>Reads one file, or every <c>*.json</c> of a folder except the schema.</summary>
    /// <exception cref="ConfigurationException">Names file and path of every problem.</exception>
    public static SeedContents Read(string path)
    {
        string[] files = Directory.Exists(path)
            ? [.. Directory.EnumerateFiles(path, "*.json").Where(file => Path.GetFileName(file) != SchemaFile).Order(StringComparer.Ordinal)]
            : [path];
        var contents = new SeedContents();
        var problems = new List<string>();
        foreach (var file in files)
        {
            ReadFile(file, contents, problems);
        }

        return problems.Count == 0 ? contents : throw new ConfigurationException(problems);
    }

    private static void ReadFile(string path, SeedContents contents, List<string> problems)
    {
        var file = Path.GetFileName(path);
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(File.ReadAllBytes(path), SeedJson.Document);
        }
        catch (JsonException error)
        {
            problems.Add($"{file}: this is not valid JSON: {error.Message}");
            return;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            problems.Add($"Seed:Path: {error.Message}");
            return;
        }

        using (document)
        {
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                problems.Add($"{file}: $: a seed file is an object with arrays such as Clients and Users.");
                return;
            }

            foreach (var member in document.RootElement.EnumerateObject())
            {
                switch (member.Name.ToUpperInvariant())
                {
                    case "$SCHEMA":
                        break;
                    case "CLIENTS":
                        ReadArray(file, member, contents.Clients, "ClientSecrets", contents, problems);
                        break;
                    case "APISCOPES":
                        ReadArray(file, member, contents.ApiScopes, null, contents, problems);
                        break;
                    case "APIRESOURCES":
                        ReadArray(file, member, contents.ApiResources, "ApiSecrets", contents, problems);
                        break;
                    case "IDENTITYRESOURCES":
                        ReadArray(file, member, contents.IdentityResources, null, contents, problems);
                        break;
                    case "USERS":
                        ReadArray(file, member, contents.Users, null, contents, problems);
                        break;
                    default:
                        problems.Add($"{file}: $.{member.Name}: unknown property. A seed file has Clients, ApiScopes, ApiResources, IdentityResources and Users.");
                        break;
                }
            }
        }
    }

    private static void ReadArray<T>(
        string file, JsonProperty member, List<Located<T>> values, string? secrets, SeedContents contents, List<string> problems)
    {
        if (member.Value.ValueKind != JsonValueKind.Array)
        {
            problems.Add($"{file}: $.{member.Name}: this must be an array.");
            return;
        }

        var index = 0;
        foreach (var element in member.Value.EnumerateArray())
        {
            var path = $"$.{member.Name}[{index++}]";
            var before = problems.Count;
            if (element.ValueKind != JsonValueKind.Object)
            {
                problems.Add($"{file}: {path}: this must be an object.");
                continue;
            }

            CheckMembers<T>(file, path, element, problems);
            NotePlaintext(file, path, element, secrets, contents);
            if (problems.Count > before)
            {
                continue;
            }

            try
            {
                values.Add(new Located<T>(file, path, Known<T>(element).Deserialize<T>(SeedJson.Reading)!));
            }
            catch (JsonException error)
            {
                // The serializer repeats path and position at the end of its own messages; the position is one in the element, not in the file.
                problems.Add($"{file}: {path}{error.Path?.TrimStart('$')}: {error.Message.Split(" Path:")[0]}");
            }
        }
    }

    private static void CheckMembers<T>(string file, string path, JsonElement element, List<string> problems)
    {
        var known = SeedJson.MembersOf(typeof(T));
        foreach (var member in element.EnumerateObject())
        {
            if (IsKnown<T>(member.Name))
            {
                continue;
            }

            if (!NotBuilt.TryGetValue(member.Name, out var asksForNothing))
            {
                problems.Add($"{file}: {path}.{member.Name}: unknown property.");
            }
            else if (member.Value.ValueKind != JsonValueKind.Null && !asksForNothing(member.Value))
            {
                problems.Add($"{file}: {path}.{member.Name}: this feature is not built yet. Remove the property.");
            }
        }

        problems.AddRange(known
            .Where(property => property.IsRequired && !element.EnumerateObject().Any(member => member.Name.Equals(property.Name, StringComparison.OrdinalIgnoreCase)))
            .Select(property => $"{file}: {path}.{property.Name}: this is required."));
    }

    /// <summary>Without what is not built, which has been found to ask for nothing.</summary>
    private static JsonObject Known<T>(JsonElement element)
    {
        var known = JsonObject.Create(element)!;
        foreach (var member in element.EnumerateObject().Where(member => !IsKnown<T>(member.Name)))
        {
            known.Remove(member.Name);
        }

        return known;
    }

    private static bool IsKnown<T>(string name) =>
        SeedJson.MembersOf(typeof(T)).Any(property => property.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    private static bool IsAnything(JsonElement value) => true;

    private static bool IsNothing(JsonElement value) => false;

    private static bool IsTrue(JsonElement value) => value.ValueKind == JsonValueKind.True;

    private static bool IsFalse(JsonElement value) => value.ValueKind == JsonValueKind.False;

    private static bool IsEmpty(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => value.GetPropertyCount() == 0,
        _ => false,
    };

    private static void NotePlaintext(string file, string path, JsonElement element, string? secrets, SeedContents contents)
    {
        var holder = element.EnumerateObject().FirstOrDefault(member => member.Name.Equals(secrets, StringComparison.OrdinalIgnoreCase));
        if (secrets is null || holder.Value.ValueKind != JsonValueKind.Array)
        {
            return;
        }

        contents.PlaintextSecrets.AddRange(holder.Value.EnumerateArray().Index()
            .Where(secret => secret.Item.ValueKind == JsonValueKind.Object
                && secret.Item.EnumerateObject().Any(member => member.Name.Equals("Plaintext", StringComparison.OrdinalIgnoreCase)))
            .Select(secret => $"{file}: {path}.{secrets}[{secret.Index}]"));
    }
}

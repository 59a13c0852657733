using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using IdentityProvider.Protocol.Clients;

namespace IdentityProvider.Hosting.Seeding;

/// <summary>How seed files are read and written.</summary>
internal static class SeedJson
{
    public static readonly JsonDocumentOptions Document = new()
    {
        CommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        AllowDuplicateProperties = false,
    };

    public static readonly JsonSerializerOptions Reading = new()
    {
        PropertyNameCaseInsensitive = true,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
        Converters = { new JsonStringEnumConverter(namingPolicy: null, allowIntegerValues: false), new SecretConverter() },
    };

    public static readonly JsonSerializerOptions Writing = new()
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter() },
    };

    /// <summary>The properties that a file may have; derived ones have no setter.</summary>
    public static IReadOnlyList<JsonPropertyInfo> MembersOf(Type type) =>
        [.. Reading.GetTypeInfo(type).Properties.Where(property => property.Set is not null)];

    /// <summary>The base64 of the SHA-256, as the store holds a secret.</summary>
    public static string Hash(string secret) => Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    /// <summary>A secret is given by its hash as <c>Value</c>, or by itself as <c>Plaintext</c>, which is hashed here and not kept.</summary>
    private sealed class SecretConverter : JsonConverter<ClientSecret>
    {
        private static readonly string[] Known = ["Value", "Plaintext", "Description", "Expiration", "Type"];

        public override ClientSecret Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            using var document = JsonDocument.ParseValue(ref reader);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw new JsonException("A secret is an object with Value or Plaintext.");
            }

            var members = new Dictionary<string, JsonElement>(StringComparer.OrdinalIgnoreCase);
            foreach (var member in document.RootElement.EnumerateObject())
            {
                members[member.Name] = Known.Contains(member.Name, StringComparer.OrdinalIgnoreCase)
                    ? member.Value
                    : throw new JsonException($"'{member.Name}' is not a property of a secret; it has {string.Join(", ", Known)}.");
            }

            if (Text(members, "Type") is { } type && type != "SharedSecret")
            {
                throw new JsonException($"A secret of the type '{type}' is not built yet; SharedSecret is.");
            }

            var value = Text(members, "Value");
            var plaintext = Text(members, "Plaintext");
            return (value is null) == (plaintext is null)
                ? throw new JsonException("A secret has either Value, the base64 of its SHA-256, or Plaintext.")
                : new ClientSecret
                {
                    Value = value ?? Hash(plaintext!),
                    Description = Text(members, "Description"),
                    Expiration = members.TryGetValue("Expiration", out var expiration) && expiration.ValueKind != JsonValueKind.Null
                        ? expiration.TryGetDateTimeOffset(out var time) ? time : throw new JsonException("Expiration is not an ISO 8601 time.")
                        : null,
                };
        }

        public override void Write(Utf8JsonWriter writer, ClientSecret value, JsonSerializerOptions options) =>
            throw new NotSupportedException("Seed files are written with the options for writing.");

        private static string? Text(Dictionary<string, JsonElement> members, string name) =>
            !members.TryGetValue(name, out var element) || element.ValueKind == JsonValueKind.Null ? null
            : element.ValueKind == JsonValueKind.String ? element.GetString()
            : throw new JsonException($"{name} is not a string.");
    }
}

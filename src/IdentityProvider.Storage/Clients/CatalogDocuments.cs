using System.Text.Json;
using System.Text.Json.Serialization;

namespace IdentityProvider.Storage.Clients;

/// <summary>
/// Clients and resources as stored documents. Values that equal today's defaults are written too, so that a default that changes later
/// does not change a client. By reflection: generated serialisers lose the initial values of init-only properties.
/// </summary>
internal static class CatalogDocuments
{
    private static readonly JsonSerializerOptions _options = new()
    {
        Converters = { new JsonStringEnumConverter() },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        RespectNullableAnnotations = true,
    };

    public static string Write<T>(T item) => JsonSerializer.Serialize(item, _options);

    public static T Read<T>(string document) =>
        JsonSerializer.Deserialize<T>(document, _options) ?? throw new JsonException($"A stored {typeof(T).Name} is empty.");
}

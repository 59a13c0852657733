using System.Net.Mail;
using System.Text.Json;

namespace IdentityProvider.Protocol.Upstream;

/// <summary>JSON of others: what is not as it should be counts as absent, and what is too long or unprintable does too.</summary>
internal static class UpstreamClaims
{
    public const int LongestSubject = 255;

    private const int LongestText = 2048;
    private const int LongestName = 200;
    private const int LongestAddress = 254;
    private const int MostItems = 50;

    public static JsonDocument? Parse(byte[] body)
    {
        try
        {
            return JsonDocument.Parse(body);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public static string? Text(JsonElement root, string name, int longest = LongestText) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
        && String(value) is { Length: > 0 } text && text.Length <= longest && !text.Any(char.IsControl)
            ? text
            : null;

    public static IReadOnlyList<string> Texts(JsonElement root, string name) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty(name, out var values) && values.ValueKind == JsonValueKind.Array
            ? [.. values.EnumerateArray().Where(value => value.ValueKind == JsonValueKind.String).Select(String).OfType<string>().Take(MostItems)]
            : [];

    /// <summary>True also for the string that some providers send.</summary>
    public static bool IsTrue(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && (value.ValueKind == JsonValueKind.True || (value.ValueKind == JsonValueKind.String && String(value) == "true"));

    public static DateTimeOffset? Time(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var seconds)
        && seconds is > 0 and < 253402300799
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;

    /// <summary>Half of a surrogate pair is JSON, but no text.</summary>
    private static string? String(JsonElement value)
    {
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    public static string? Name(JsonElement root, string name) => Text(root, name, LongestName);

    public static string? Address(JsonElement root, string name) =>
        Text(root, name, LongestAddress) is { } text && MailAddress.TryCreate(text, out var address) && address.Address == text ? text : null;
}

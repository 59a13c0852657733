using System.Text.Json;
using System.Text.Json.Serialization;

namespace IdentityProvider.Protocol.Logout;

/// <summary>
/// The outbox message "tell this client that this session has ended". The store writes it in the statement that ends the session, under
/// these names. The logout token itself is made at each delivery, since it lives for minutes and a delivery may take a day.
/// </summary>
public sealed record LogoutNotice
{
    /// <summary>The kind of the outbox message.</summary>
    public const string Kind = "backchannel_logout";

    /// <summary>Which client.</summary>
    [JsonPropertyName("client_id")]
    public required string ClientId { get; init; }

    /// <summary>Whose session it was.</summary>
    [JsonPropertyName("subject_id")]
    public required Guid SubjectId { get; init; }

    /// <summary>The session.</summary>
    [JsonPropertyName("session_id")]
    public required Guid SessionId { get; init; }

    /// <summary>Nobody ended it: its time was over.</summary>
    [JsonPropertyName("expired")]
    public bool Expired { get; init; }

    /// <summary>24 h: a client that was away for longer has lost its own sessions as well, or has a person look after it.</summary>
    public static TimeSpan Lifetime { get; } = TimeSpan.FromHours(24);

    internal static LogoutNotice Parse(string payload) =>
        JsonSerializer.Deserialize<LogoutNotice>(payload) ?? throw new InvalidDataException("A stored logout notice is empty.");
}

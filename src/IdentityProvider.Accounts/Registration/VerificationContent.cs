using System.Text.Json;
using System.Text.Json.Serialization;
using IdentityProvider.Accounts.OneTimeTokens;
using IdentityProvider.Accounts.SignIn;

namespace IdentityProvider.Accounts.Registration;

/// <summary>What had been proved in the browser, and when, before the mail was sent that confirms the address: a session may begin with that, and with no more.</summary>
internal sealed record VerificationContent(
    [property: JsonPropertyName("acr")] string Acr,
    [property: JsonPropertyName("amr")] IReadOnlyList<string> Amr,
    [property: JsonPropertyName("at")] DateTimeOffset At)
{
    public static string? Of(Proof? proof, DateTimeOffset now) =>
        proof is null ? null : JsonSerializer.Serialize(new VerificationContent(proof.Acr, proof.Amr, now), VerificationContentJson.Default.VerificationContent);

    /// <summary>Null: nothing had been.</summary>
    public static Proof? Read(OneTimeToken token, DateTimeOffset now) =>
        token.Content is { } content && JsonSerializer.Deserialize(content, VerificationContentJson.Default.VerificationContent) is { } proven
            ? new Proof(proven.Acr, proven.Amr) { Age = proven.At < now ? now - proven.At : TimeSpan.Zero }
            : null;
}

[JsonSerializable(typeof(VerificationContent))]
internal sealed partial class VerificationContentJson : JsonSerializerContext;

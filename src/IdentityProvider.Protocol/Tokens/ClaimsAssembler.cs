using System.Globalization;
using System.Security.Claims;
using System.Text.Json;
using IdentityProvider.Protocol.Clients;
using IdentityProvider.Protocol.Subjects;

namespace IdentityProvider.Protocol.Tokens;

/// <summary>Selects the claims about a person that a document may carry, gives them their types, and lets the host change them.</summary>
internal sealed class ClaimsAssembler(IEnumerable<IProfileService> profileServices)
{
    /// <summary>Claims that the protocol itself sets: no stored claim and no host may override them.</summary>
    private static readonly HashSet<string> s_protocolClaims = new(StringComparer.Ordinal)
    {
        "iss", "sub", "aud", "exp", "iat", "nbf", "jti", "nonce", "auth_time", "acr", "amr", "azp", "at_hash", "c_hash", "s_hash",
        "sid", "client_id", "scope", "cnf", "act", "typ", "events", "active", "token_type",
    };

    private readonly IProfileService[] _profileServices = [.. profileServices];

    public bool HasProfileServices => _profileServices.Length > 0;

    public async ValueTask<IDictionary<string, object>> AssembleAsync(
        ProfileCaller caller,
        SubjectRecord subject,
        Client client,
        IReadOnlyList<string> scopes,
        IReadOnlySet<string> names,
        CancellationToken cancellationToken)
    {
        var claims = new Dictionary<string, object>(StringComparer.Ordinal);
        if (names.Count > 0)
        {
            AddAccountClaims(subject, names, claims);
            foreach (var stored in subject.Claims.Where(claim => names.Contains(claim.Type)).GroupBy(claim => claim.Type))
            {
                var values = stored.Select(Typed).ToArray();
                claims[stored.Key] = values.Length == 1 ? values[0] : values;
            }
        }

        if (_profileServices.Length > 0)
        {
            var context = new ProfileContext { Caller = caller, Subject = subject, Client = client, Scopes = scopes, Claims = claims };
            foreach (var service in _profileServices)
            {
                await service.AddClaimsAsync(context, cancellationToken);
            }
        }

        foreach (var name in claims.Keys.Where(s_protocolClaims.Contains).ToArray())
        {
            claims.Remove(name);
        }

        return claims;
    }

    public static void Write(Utf8JsonWriter json, IDictionary<string, object> claims)
    {
        foreach (var (name, value) in claims)
        {
            json.WritePropertyName(name);
            WriteValue(json, value);
        }
    }

    private static void AddAccountClaims(SubjectRecord subject, IReadOnlySet<string> names, Dictionary<string, object> claims)
    {
        if (names.Contains("preferred_username"))
        {
            claims["preferred_username"] = subject.Username;
        }

        if (subject.Email is { } email && names.Contains("email"))
        {
            claims["email"] = email;
        }

        if (subject.Email is not null && names.Contains("email_verified"))
        {
            claims["email_verified"] = subject.EmailVerified;
        }

        if (subject.PhoneNumber is { } phone && names.Contains("phone_number"))
        {
            claims["phone_number"] = phone;
        }

        if (subject.PhoneNumber is not null && names.Contains("phone_number_verified"))
        {
            claims["phone_number_verified"] = subject.PhoneNumberVerified;
        }

        if (subject.Roles.Count > 0 && names.Contains("role"))
        {
            claims["role"] = subject.Roles;
        }
    }

    /// <summary>
    /// The JSON value of a stored claim. Claims of OpenID Connect Core §5.1 that are no strings get their type even when they were
    /// imported as text.
    /// </summary>
    private static object Typed(SubjectClaim claim)
    {
        var type = claim.ValueType ?? claim.Type switch
        {
            "address" => "JSON",
            "updated_at" => ClaimValueTypes.Integer64,
            "email_verified" or "phone_number_verified" => ClaimValueTypes.Boolean,
            _ => ClaimValueTypes.String,
        };
        return type switch
        {
            ClaimValueTypes.Boolean when bool.TryParse(claim.Value, out var boolean) => boolean,
            ClaimValueTypes.Integer or ClaimValueTypes.Integer32 or ClaimValueTypes.Integer64
                when long.TryParse(claim.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) => number,
            ClaimValueTypes.Double when double.TryParse(claim.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => number,
            "JSON" when TryParse(claim.Value, out var json) => json,
            _ => claim.Value,
        };
    }

    private static bool TryParse(string text, out JsonElement json)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            json = document.RootElement.Clone();
            return true;
        }
        catch (JsonException)
        {
            json = default;
            return false;
        }
    }

    private static void WriteValue(Utf8JsonWriter json, object value)
    {
        switch (value)
        {
            case string text:
                json.WriteStringValue(text);
                break;
            case bool boolean:
                json.WriteBooleanValue(boolean);
                break;
            case int number:
                json.WriteNumberValue(number);
                break;
            case long number:
                json.WriteNumberValue(number);
                break;
            case double number:
                json.WriteNumberValue(number);
                break;
            case DateTimeOffset time:
                json.WriteNumberValue(time.ToUnixTimeSeconds());
                break;
            case JsonElement element:
                element.WriteTo(json);
                break;
            case System.Collections.IEnumerable values:
                json.WriteStartArray();
                foreach (var item in values)
                {
                    WriteValue(json, item!);
                }

                json.WriteEndArray();
                break;
            default:
                throw new InvalidOperationException($"A claim cannot have a value of type {value.GetType()}.");
        }
    }
}

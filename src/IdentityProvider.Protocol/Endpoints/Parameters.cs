using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using IdentityProvider.Protocol.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace IdentityProvider.Protocol.Endpoints;

/// <summary>
/// The parameters of a request, from query or form. An empty value counts as absent (RFC 6749 §3.1, §3.2), and unknown parameters
/// are never looked at, and not stored.
/// </summary>
internal sealed class Parameters
{
    private const int DefaultLimit = 2048;

    /// <summary>The longest accepted values, where they differ from the default.</summary>
    private static readonly Dictionary<string, int> s_limits = new(StringComparer.Ordinal)
    {
        ["client_id"] = 256,
        ["client_secret"] = 512,
        ["response_type"] = 64,
        ["response_mode"] = 64,
        ["grant_type"] = 128,
        ["code"] = 256,
        ["code_verifier"] = 128,
        ["code_challenge"] = 128,
        ["code_challenge_method"] = 16,
        ["nonce"] = 1024,
        ["state"] = 4096,
        ["scope"] = 4096,
        ["claims"] = 8192,
        ["id_token_hint"] = 16384,
        ["token"] = 16384,
        ["access_token"] = 16384,
        ["max_age"] = 16,
        ["prompt"] = 128,
    };

    private readonly Dictionary<string, StringValues> _values;

    /// <summary>What comes twice is joined, and so is seen. Names differ in case, which the framework's collections ignore.</summary>
    private Parameters(IEnumerable<KeyValuePair<string, StringValues>> values)
    {
        _values = new Dictionary<string, StringValues>(StringComparer.Ordinal);
        foreach (var (name, value) in values)
        {
            _values[name] = _values.TryGetValue(name, out var other) ? StringValues.Concat(other, value) : value;
        }
    }

    /// <summary>Of no request at all.</summary>
    public static Parameters None { get; } = new([]);

    /// <summary>The value; null when absent or empty. The first, when it was sent more than once: see <see cref="FindFlaw"/>.</summary>
    public string? this[string name] => _values.TryGetValue(name, out var values) && values.Count > 0 && values[0] is { Length: > 0 } value ? value : null;

    public bool Has(string name) => this[name] is not null;

    public IReadOnlyList<string> All(string name) =>
        _values.TryGetValue(name, out var values) ? [.. values.Where(value => !string.IsNullOrEmpty(value)).Select(value => value!)] : [];

    public static Parameters FromQuery(HttpRequest request)
    {
        var values = new List<KeyValuePair<string, StringValues>>();
        foreach (var parameter in new QueryStringEnumerable(request.QueryString.Value))
        {
            values.Add(new(parameter.DecodeName().ToString(), parameter.DecodeValue().ToString()));
        }

        return new Parameters(values);
    }

    /// <summary>The one form that the protocols know: a multipart body is none.</summary>
    public static bool IsForm(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
        && type.MediaType.Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads a form body (RFC 6749 §3.2, Appendix B).</summary>
    public static async Task<Result<Parameters>> FromFormAsync(HttpRequest request)
    {
        if (!IsForm(request))
        {
            return OAuthError.InvalidRequest("The request body must be application/x-www-form-urlencoded.");
        }

        try
        {
            return new Parameters(await request.ReadFormAsync(request.HttpContext.RequestAborted));
        }
        catch (InvalidDataException exception)
        {
            return OAuthError.InvalidRequest("The request body is not a valid form, or a part of it is too long.") with { Detail = exception.Message };
        }
        catch (BadHttpRequestException exception)
        {
            return OAuthError.InvalidRequest("The request body could not be read.") with { Status = exception.StatusCode, Detail = exception.Message };
        }
    }

    /// <summary>
    /// The first rule of form that any of these parameters breaks: sent twice (RFC 6749 §3.1, §3.2), too long, or with a NUL character.
    /// </summary>
    public OAuthError? FindFlaw(ReadOnlySpan<string> names, string? repeatable = null)
    {
        foreach (var name in names)
        {
            if (!_values.TryGetValue(name, out var values))
            {
                continue;
            }

            if (values.Count > 1 && name != repeatable)
            {
                return OAuthError.InvalidRequest($"The parameter {name} must not be sent more than once.");
            }

            var limit = s_limits.GetValueOrDefault(name, DefaultLimit);
            foreach (var value in values)
            {
                if (value?.Length > limit)
                {
                    return OAuthError.InvalidRequest($"The parameter {name} is longer than {limit} characters.");
                }

                if (value?.Contains('\0', StringComparison.Ordinal) == true)
                {
                    return OAuthError.InvalidRequest($"The parameter {name} has a character that is not allowed.");
                }
            }
        }

        return null;
    }

    /// <summary>How many characters all the values have.</summary>
    public int Length => _values.Sum(pair => pair.Value.Sum(value => value?.Length ?? 0));

    /// <summary>These of them, without what nobody reads.</summary>
    public Parameters Only(IReadOnlyCollection<string> names) => new(_values.Where(pair => names.Contains(pair.Key)));

    /// <summary>As a JSON object, to be stored with an interaction.</summary>
    public string ToJson() => JsonSerializer.Serialize(_values.ToDictionary(pair => pair.Key, pair => pair.Value.ToArray()));

    public static Parameters FromJson([StringSyntax(StringSyntaxAttribute.Json)] string json) =>
        new(JsonSerializer.Deserialize<Dictionary<string, string[]>>(json)!
            .Select(pair => KeyValuePair.Create(pair.Key, new StringValues(pair.Value))));
}

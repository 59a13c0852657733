using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Xunit;

namespace IdentityProvider.Tests.Support;

/// <summary>What must hold in every flow, whatever the test is about.</summary>
internal static partial class FlowChecks
{
    private const int LeastCodeBits = 128;
    private const int LeastMeasuredBits = 96;
    private const int LongestSubject = 255;

    private static readonly string[] s_idTokenClaims =
        ["iss", "aud", "sub", "iat", "exp", "nonce", "auth_time", "acr", "amr", "at_hash", "sid"];

    private static readonly string[] s_errorParameters = ["error", "error_description", "error_uri", "state", "session_state", "iss"];

    private static readonly Dictionary<string, JsonValueKind[]> s_claimTypes = new(StringComparer.Ordinal)
    {
        ["email_verified"] = [JsonValueKind.True, JsonValueKind.False],
        ["phone_number_verified"] = [JsonValueKind.True, JsonValueKind.False],
        ["updated_at"] = [JsonValueKind.Number],
        ["address"] = [JsonValueKind.Object],
    };

    /// <summary>The JWK Set: every key has a <c>kid</c>, no two share one, all can be used, none is private.</summary>
    public static async Task<JsonWebKeySet> CheckKeysAsync(Provider provider)
    {
        var answer = await provider.GetAsync("/.well-known/openid-configuration/jwks");
        answer.Succeeds();
        var keys = answer.Json.GetProperty("keys").EnumerateArray().ToArray();
        Assert.NotEmpty(keys);
        var ids = keys.Select(key => key.GetProperty("kid").GetString()).ToArray();
        Assert.All(ids, id => Assert.False(string.IsNullOrEmpty(id)));
        Assert.Equal(ids.Length, ids.Distinct().Count());
        Assert.All(keys, key => Assert.DoesNotContain(key.EnumerateObject(), member => member.Name is "d" or "p" or "q" or "dp" or "dq" or "qi" or "oth" or "k"));
        var set = new JsonWebKeySet(answer.Text) { SkipUnresolvedJsonWebKeys = false };
        Assert.Equal(keys.Length, set.GetSigningKeys().Count);
        return set;
    }

    /// <summary>The response goes where and how it was asked for, and carries <c>state</c> and <c>iss</c> unchanged.</summary>
    public static void CheckCallback(Provider provider, IReadOnlyDictionary<string, string> request, Callback callback)
    {
        Assert.Equal(request["redirect_uri"], callback.Target);
        Assert.Equal(request.GetValueOrDefault("response_mode", "query"), callback.Mode);
        Assert.Equal(request.GetValueOrDefault("state"), callback["state"]);
        Assert.Equal(provider.Issuer, callback["iss"]);
    }

    public static void CheckCode(Provider provider, IReadOnlyDictionary<string, string> request, Callback callback)
    {
        CheckCallback(provider, request, callback);
        Assert.Null(callback["error"]);
        Assert.Equal(["code", "iss", .. request.ContainsKey("state") ? ["state"] : Array.Empty<string>()], callback.Parameters.Keys.Order());
        CheckEntropy(callback.Code);
    }

    public static void CheckError(Provider provider, IReadOnlyDictionary<string, string> request, Callback callback, params string[] allowed)
    {
        CheckCallback(provider, request, callback);
        Assert.Contains(callback["error"], allowed);
        Assert.Empty(callback.Parameters.Keys.Except(s_errorParameters));
        CheckDescription(callback["error_description"]);
    }

    /// <summary>RFC 6749 §5.2: %x20-21 / %x23-5B / %x5D-7E.</summary>
    public static void CheckDescription(string? description)
    {
        Assert.False(string.IsNullOrEmpty(description));
        Assert.All(description, c => Assert.True(c is >= ' ' and <= '~' and not '"' and not '\\', description));
    }

    public static void CheckEntropy(string secret)
    {
        Assert.True(secret.Length * 6 >= LeastCodeBits, $"{secret} is shorter than {LeastCodeBits} bits");
        var perCharacter = secret.GroupBy(c => c).Select(group => (double)group.Count() / secret.Length).Sum(p => -p * Math.Log2(p));
        Assert.True(perCharacter * secret.Length >= LeastMeasuredBits, $"{secret} has {perCharacter * secret.Length:F0} bits");
    }

    public static void CheckTokenResponse(Answer answer)
    {
        answer.Succeeds();
        Assert.Equal("application/json", answer.Response.Content.Headers.ContentType?.MediaType);
        Assert.Equal("no-store", answer.Header("Cache-Control"));
        Assert.Equal("no-cache", answer.Header("Pragma"));
        Assert.Equal("Bearer", answer.String("token_type"));
        Assert.True(answer.Json.GetProperty("expires_in").GetInt64() > 0);
        CheckEntropy(answer.AccessToken);
    }

    /// <summary>OpenID Connect Core §3.1.3.7, as a careful client does it.</summary>
    public static async Task<JsonElement> CheckIdTokenAsync(
        Provider provider, string idToken, string clientId, string? nonce, string? accessToken, string algorithm = "RS256", bool scopeClaims = false)
    {
        var keys = await CheckKeysAsync(provider);
        var result = await new JsonWebTokenHandler().ValidateTokenAsync(idToken, new TokenValidationParameters
        {
            ValidIssuer = provider.Issuer,
            ValidAudience = clientId,
            IssuerSigningKeys = keys.GetSigningKeys(),
            TryAllIssuerSigningKeys = false,
            ValidAlgorithms = [algorithm],
            ValidateLifetime = false,
        });
        Assert.True(result.IsValid, result.Exception?.ToString());
        Assert.False(string.IsNullOrEmpty(Jwt.Header(idToken).GetProperty("kid").GetString()));

        var claims = Jwt.Claims(idToken);
        var now = provider.Time.GetUtcNow().ToUnixTimeSeconds();
        var (issued, expires) = (claims.GetProperty("iat").GetInt64(), claims.GetProperty("exp").GetInt64());
        Assert.InRange(issued, now - 300, now + 300);
        Assert.InRange(expires, issued + 1, issued + (50L * 365 * 24 * 3600));
        Assert.InRange(claims.GetProperty("auth_time").GetInt64(), now - (30L * 24 * 3600), now + 60);
        Assert.False(string.IsNullOrEmpty(claims.GetProperty("acr").GetString()));
        Assert.NotEmpty(claims.GetProperty("amr").EnumerateArray());
        CheckSubject(claims.GetProperty("sub").GetString());
        Assert.Equal(nonce, claims.TryGetProperty("nonce", out var echoed) ? echoed.GetString() : null);
        Assert.False(claims.TryGetProperty("c_hash", out _), "c_hash belongs to an ID token from the front channel");
        if (accessToken is not null)
        {
            Assert.Equal(Jwt.LeftHalf(accessToken), claims.GetProperty("at_hash").GetString());
        }

        if (!scopeClaims)
        {
            Assert.Empty(claims.EnumerateObject().Select(claim => claim.Name).Except(s_idTokenClaims));
        }

        CheckClaimTypes(claims);
        return claims;
    }

    public static void CheckSubject(string? subject)
    {
        Assert.False(string.IsNullOrEmpty(subject));
        Assert.True(subject.Length <= LongestSubject && subject.All(char.IsAscii), subject);
    }

    /// <summary>OpenID Connect Core §5.1: the types of the standard claims; and no claim is null or an empty string.</summary>
    public static void CheckClaimTypes(JsonElement claims)
    {
        foreach (var claim in claims.EnumerateObject())
        {
            Assert.NotEqual(JsonValueKind.Null, claim.Value.ValueKind);
            Assert.False(claim.Value.ValueKind == JsonValueKind.String && claim.Value.GetString() is "" or "null", claim.Name);
            if (s_claimTypes.TryGetValue(claim.Name, out var kinds))
            {
                Assert.Contains(claim.Value.ValueKind, kinds);
            }
        }

        if (claims.TryGetProperty("birthdate", out var birthdate))
        {
            Assert.Matches(BirthdateFormat(), birthdate.GetString());
            Assert.True(DateOnly.TryParse(birthdate.GetString(), CultureInfo.InvariantCulture, out _));
        }
    }

    public static async Task<JsonElement> CheckUserInfoAsync(RelyingParty client, string accessToken, string? subject)
    {
        var answer = await client.UserInfoAsync(accessToken);
        CheckUserInfo(answer, subject);
        return answer.Json;
    }

    public static void CheckUserInfo(Answer answer, string? subject)
    {
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal("application/json", answer.Response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(subject, answer.String("sub"));
        CheckClaimTypes(answer.Json);
    }

    [GeneratedRegex("^([0-9]{4}|0000)-[0-9]{2}-[0-9]{2}$")]
    private static partial Regex BirthdateFormat();
}

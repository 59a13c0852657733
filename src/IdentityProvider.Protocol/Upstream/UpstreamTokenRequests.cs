using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using IdentityProvider.Protocol.Outbound;

namespace IdentityProvider.Protocol.Upstream;

/// <summary>What the token endpoint gave, or why it gave nothing.</summary>
internal readonly record struct UpstreamTokens(string? AccessToken = null, string? IdToken = null, UpstreamProblem? Problem = null, string? Reason = null);

/// <summary>Calls of a provider's token and userinfo endpoints.</summary>
internal sealed class UpstreamTokenRequests(OutboundHttp http)
{
    private const int LongestToken = 48 * 1024;

    /// <summary>RFC 6749 §4.1.3. Never repeated: a code is good for one try.</summary>
    public async Task<UpstreamTokens> RedeemAsync(
        UpstreamProvider provider, UpstreamConfiguration endpoints, string code, string verifier, string redirectUri, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, endpoints.TokenEndpoint);
        request.Headers.Accept.ParseAdd("application/json");
        var form = new List<KeyValuePair<string, string>>
        {
            new("grant_type", "authorization_code"),
            new("code", code),
            new("redirect_uri", redirectUri),
            new("code_verifier", verifier),
        };
        if (endpoints.SecretInBody)
        {
            form.Add(new("client_id", provider.ClientId));
            form.Add(new("client_secret", provider.ClientSecret));
        }
        else
        {
            // §2.3.1: both parts are form-encoded first.
            var credentials = $"{WebUtility.UrlEncode(provider.ClientId)}:{WebUtility.UrlEncode(provider.ClientSecret)}";
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(credentials)));
        }

        request.Content = new FormUrlEncodedContent(form);
        var answer = await http.SendAsync(request, cancellationToken);
        if (answer.Status is null or >= HttpStatusCode.InternalServerError or HttpStatusCode.TooManyRequests)
        {
            return new UpstreamTokens(Problem: UpstreamProblem.Unavailable, Reason: answer.Detail ?? $"the token endpoint answered {(int?)answer.Status}");
        }

        using var document = UpstreamClaims.Parse(answer.Body);
        if (document?.RootElement is not { ValueKind: JsonValueKind.Object } root || UpstreamClaims.Text(root, "access_token", LongestToken) is not { } accessToken)
        {
            var error = document is null ? null : UpstreamClaims.Text(document.RootElement, "error");
            return new UpstreamTokens(Problem: UpstreamProblem.Refused, Reason: $"the token endpoint answered {(int)answer.Status}, {error ?? "without a token"}");
        }

        return new UpstreamTokens(accessToken, UpstreamClaims.Text(root, "id_token", LongestToken));
    }

    /// <summary>OpenID Connect Core §5.3; null: nothing, or of another person (§5.3.4).</summary>
    public async Task<JsonElement?> ReadUserInfoAsync(string endpoint, string accessToken, string subject, CancellationToken cancellationToken)
    {
        using var document = await GetAsync(endpoint, accessToken, cancellationToken);
        return document is not null && UpstreamClaims.Text(document.RootElement, "sub", UpstreamClaims.LongestSubject) == subject
            ? document.RootElement.Clone()
            : null;
    }

    /// <summary>A protected resource as JSON; null: there is none.</summary>
    public async Task<JsonDocument?> GetAsync(string url, string accessToken, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
        request.Headers.Accept.ParseAdd("application/json");

        // GitHub answers nobody who does not say who is asking.
        request.Headers.UserAgent.ParseAdd("IdentityProvider");
        var answer = await http.SendAsync(request, cancellationToken);
        return answer.Status == HttpStatusCode.OK ? UpstreamClaims.Parse(answer.Body) : null;
    }
}

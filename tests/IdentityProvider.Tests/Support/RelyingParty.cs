using System.Buffers.Text;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;

namespace IdentityProvider.Tests.Support;

/// <summary>A client as a test plays it: it makes requests, keeps what it sent, and talks to the endpoints.</summary>
internal sealed class RelyingParty(Provider provider, string clientId, string? secret, string? redirectUri)
{
    public string ClientId => clientId;

    public string? Secret => secret;

    public string RedirectUri => redirectUri ?? throw new InvalidOperationException($"{clientId} has no redirect URI.");

    /// <summary><c>query</c> sends no <c>response_mode</c>.</summary>
    public string ResponseMode { get; init; } = "query";

    /// <summary>How the client proves itself: <c>client_secret_basic</c>, <c>client_secret_post</c> or <c>none</c>.</summary>
    public string AuthMethod { get; init; } = secret is null ? "none" : "client_secret_basic";

    /// <summary>What the client calls itself.</summary>
    public string? UserAgent { get; init; }

    /// <summary>Where the client calls from, as a proxy says that the provider trusts.</summary>
    public string? Address { get; init; }

    public bool Pkce { get; init; } = secret is null;

    /// <summary>The verifier that goes with every request of this client (RFC 7636 §4.1), with all kinds of allowed characters.</summary>
    public string Verifier { get; } = "-._~" + Handle(30);

    public static string Handle(int bytes = 16) => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(bytes));

    public static string Challenge(string verifier) => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)));

    /// <summary>An authorization request; a change to null removes a parameter.</summary>
    public Dictionary<string, string> Request(string scope = "openid", params (string Name, string? Value)[] changes)
    {
        var request = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["response_type"] = "code",
            ["client_id"] = clientId,
            ["redirect_uri"] = RedirectUri,
            ["scope"] = scope,
            ["state"] = Handle() + " ~&=+%/ü€",
            ["nonce"] = Handle() + "+/=",
        };
        if (ResponseMode != "query")
        {
            request["response_mode"] = ResponseMode;
        }

        if (Pkce)
        {
            request["code_challenge"] = Challenge(Verifier);
            request["code_challenge_method"] = "S256";
        }

        foreach (var (name, value) in changes)
        {
            if (value is null)
            {
                request.Remove(name);
            }
            else
            {
                request[name] = value;
            }
        }

        return request;
    }

    public static string AuthorizeUrl(IEnumerable<KeyValuePair<string, string>> request) =>
        QueryHelpers.AddQueryString("/connect/authorize", request!);

    /// <summary>Asks for a code and lets the person say yes to everything.</summary>
    public async Task<Callback> AuthorizeAsync(Browser browser, string scope = "openid", params (string Name, string? Value)[] changes) =>
        Callback.Of(await browser.CompleteAsync(AuthorizeUrl(Request(scope, changes))));

    /// <summary>The whole code flow.</summary>
    public async Task<Answer> SignInAsync(Browser browser, string scope = "openid", params (string Name, string? Value)[] changes) =>
        (await RedeemAsync(await AuthorizeAsync(browser, scope, changes))).Succeeds();

    public Task<Answer> RedeemAsync(Callback callback, params (string Name, string? Value)[] changes) =>
        TokenAsync([("grant_type", "authorization_code"), ("code", callback.Code), ("redirect_uri", callback.Target), ("code_verifier", Pkce ? Verifier : null), .. changes]);

    public Task<Answer> RefreshAsync(string refreshToken, params (string Name, string? Value)[] changes) =>
        TokenAsync([("grant_type", "refresh_token"), ("refresh_token", refreshToken), .. changes]);

    public Task<Answer> ClientCredentialsAsync(string? scope, params (string Name, string? Value)[] changes) =>
        TokenAsync([("grant_type", "client_credentials"), ("scope", scope), .. changes]);

    public Task<Answer> TokenAsync(params (string Name, string? Value)[] parameters) => PostAsync("/connect/token", parameters);

    public Task<Answer> IntrospectAsync(string token) => PostAsync("/connect/introspect", ("token", token));

    public Task<Answer> RevokeAsync(string token) => PostAsync("/connect/revocation", ("token", token));

    /// <summary>A form with this client's credentials. Of several values of one name the last counts, and null removes it; <c>resource</c> may repeat.</summary>
    public async Task<Answer> PostAsync(string path, params (string Name, string? Value)[] parameters)
    {
        var form = parameters
            .Where(parameter => parameter.Name == "resource")
            .Concat(parameters.Where(parameter => parameter.Name != "resource").GroupBy(parameter => parameter.Name).Select(group => group.Last()))
            .Where(parameter => parameter.Value is not null)
            .Select(parameter => KeyValuePair.Create(parameter.Name, parameter.Value!))
            .ToList();
        using var request = new HttpRequestMessage(HttpMethod.Post, path);
        switch (AuthMethod)
        {
            case "client_secret_basic":
                request.Headers.Authorization = Basic(clientId, secret!);
                break;
            case "client_secret_post":
                form.Add(KeyValuePair.Create("client_id", clientId));
                form.Add(KeyValuePair.Create("client_secret", secret!));
                break;
            default:
                form.Add(KeyValuePair.Create("client_id", clientId));
                break;
        }

        if (UserAgent is not null)
        {
            request.Headers.UserAgent.ParseAdd(UserAgent);
        }

        if (Address is not null)
        {
            request.Headers.Add("X-Forwarded-For", Address);
        }

        request.Content = new FormUrlEncodedContent(form);
        return await Answer.ReadAsync(await provider.SendAsync(request));
    }

    public async Task<Answer> UserInfoAsync(string accessToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/connect/userinfo");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
        return await Answer.ReadAsync(await provider.SendAsync(request));
    }

    /// <summary>RFC 6749 §2.3.1: both parts are form-encoded first.</summary>
    public static AuthenticationHeaderValue Basic(string id, string secret) =>
        new("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes($"{WebUtility.UrlEncode(id)}:{WebUtility.UrlEncode(secret)}")));
}

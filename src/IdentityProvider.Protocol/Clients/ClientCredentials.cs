using System.Text;
using IdentityProvider.Protocol.Endpoints;
using IdentityProvider.Protocol.Errors;
using Microsoft.AspNetCore.Http;

namespace IdentityProvider.Protocol.Clients;

/// <summary>What a request says about its client (RFC 6749 §2.3), read once; nothing is proven yet.</summary>
internal sealed record ClientCredentials(string Id, string? Secret, string Method)
{
    private const string BasicPrefix = "Basic ";

    public static Result<ClientCredentials> Read(HttpRequest request, Parameters parameters)
    {
        if (parameters.FindFlaw(["client_id", "client_secret"]) is { } flaw)
        {
            return flaw;
        }

        var header = request.Headers.Authorization;
        var id = parameters["client_id"];
        var secret = parameters["client_secret"];
        if (header.Count == 0)
        {
            return id is null
                ? OAuthError.InvalidClient("The request names no client.")
                : new ClientCredentials(id, secret, secret is null ? ClientAuthenticator.None : ClientAuthenticator.Post);
        }

        // RFC 6749 §2.3: one method per request.
        if (header.Count > 1 || secret is not null)
        {
            return OAuthError.InvalidRequest("The client must authenticate with one method only.");
        }

        if (!TryDecode(header.ToString(), out var basicId, out var basicSecret))
        {
            return OAuthError.InvalidClient("The Authorization header is not valid HTTP Basic authentication.");
        }

        if (id is not null && id != basicId)
        {
            return OAuthError.InvalidClient("The client_id parameter names another client than the Authorization header.");
        }

        return new ClientCredentials(basicId, basicSecret.Length == 0 ? null : basicSecret, ClientAuthenticator.Basic);
    }

    /// <summary>RFC 6749 §2.3.1: both parts are form-encoded before they are joined.</summary>
    private static bool TryDecode(string header, out string id, out string secret)
    {
        id = secret = "";
        if (!header.StartsWith(BasicPrefix, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var bytes = new byte[header.Length];
        if (!Convert.TryFromBase64String(header[BasicPrefix.Length..].Trim(), bytes, out var length))
        {
            return false;
        }

        var text = Encoding.UTF8.GetString(bytes, 0, length);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 0)
        {
            return false;
        }

        id = FormDecode(text[..colon]);
        secret = FormDecode(text[(colon + 1)..]);
        return !id.Contains('\0', StringComparison.Ordinal);
    }

    private static string FormDecode(string value) => Uri.UnescapeDataString(value.Replace('+', ' '));
}

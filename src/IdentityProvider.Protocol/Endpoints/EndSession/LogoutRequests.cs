using IdentityProvider.Protocol.Clients;
using IdentityProvider.Protocol.Errors;
using IdentityProvider.Protocol.Tokens;

namespace IdentityProvider.Protocol.Endpoints.EndSession;

/// <summary>A logout request as far as it can be believed.</summary>
internal sealed record LogoutRequest
{
    /// <summary>The ID token that proves who asks and about whom; null when there was none, or it was not genuine.</summary>
    public IdTokenHint? Hint { get; init; }

    /// <summary>Who asks: proven by the hint, else as <c>client_id</c> claims.</summary>
    public Client? Client { get; init; }

    /// <summary>Where to go afterwards, with <c>state</c>; null when none was sent, or it is not registered.</summary>
    public string? RedirectUrl { get; init; }

    /// <summary>A redirect URI was sent that must not be followed.</summary>
    public bool RedirectRefused { get; init; }
}

/// <summary>Reads logout requests (OpenID Connect RP-Initiated Logout §2).</summary>
internal sealed class LogoutRequests(IClientSource clients, IdTokenHints hints)
{
    private static readonly string[] s_names = ["id_token_hint", "logout_hint", "client_id", "post_logout_redirect_uri", "state", "ui_locales"];

    /// <summary>Every parameter that a rule looks at.</summary>
    public static IReadOnlyCollection<string> Names => s_names;

    public static OAuthError? FindFlaw(Parameters parameters) => parameters.FindFlaw(s_names);

    public async Task<LogoutRequest> ReadAsync(Parameters parameters, CancellationToken cancellationToken)
    {
        var hint = parameters["id_token_hint"] is { } token ? await hints.ReadAsync(token) : null;
        var named = parameters["client_id"];
        if (hint is not null && named is not null && named != hint.ClientId)
        {
            hint = null; // §2: a client_id must be the one that the hint was issued to
        }

        // A hint that is not genuine proves nothing, and whoever sent it gets no redirect.
        var clientId = hint?.ClientId ?? (parameters.Has("id_token_hint") ? null : named);
        var client = clientId is null ? null : await clients.FindAsync(clientId, cancellationToken);
        if (client is { Enabled: false })
        {
            client = null;
        }

        var uri = parameters["post_logout_redirect_uri"];
        var registered = uri is not null && client is not null && client.PostLogoutRedirectUris.Contains(uri);
        return new LogoutRequest
        {
            Hint = client is null ? null : hint,
            Client = client,
            RedirectUrl = registered ? AppendState(uri!, parameters["state"]) : null,
            RedirectRefused = uri is not null && !registered,
        };
    }

    private static string AppendState(string uri, string? state) => state is null
        ? uri
        : $"{uri}{(uri.Contains('?', StringComparison.Ordinal) ? '&' : '?')}state={Uri.EscapeDataString(state)}";
}

using System.Globalization;
using IdentityProvider.Protocol.Clients;
using IdentityProvider.Protocol.Errors;
using IdentityProvider.Protocol.Scopes;
using IdentityProvider.Protocol.Tokens;

namespace IdentityProvider.Protocol.Endpoints.Authorization;

/// <summary>
/// The rules of an authorization request, in their order: first client and redirect URI, whose errors stay with us
/// (RFC 6749 §4.1.2.1, RFC 9700 §4.11.2), then everything whose errors go to the client.
/// </summary>
internal sealed class AuthorizationRequestRules(IClientSource clients, IResourceSource resources, IdTokenHints hints)
{
    private const int ChallengeLength = 43;

    private const string Repeatable = "resource";

    private static readonly string[] s_addressed = ["client_id", "redirect_uri"];
    private static readonly string[] s_unsupported = ["request", "request_uri", "registration"];

    private static readonly string[] s_form =
    [
        "response_type", "response_mode", "state", "scope", "nonce", "code_challenge", "code_challenge_method", "prompt", "max_age",
        "id_token_hint", "login_hint", "acr_values", "ui_locales", "claims_locales", "display", "claims", Repeatable,
    ];

    private static readonly Dictionary<string, Prompt> s_prompts = new(StringComparer.Ordinal)
    {
        ["none"] = Prompt.None,
        ["login"] = Prompt.Login,
        ["consent"] = Prompt.Consent,
        ["select_account"] = Prompt.SelectAccount,
    };

    /// <summary>Every parameter that a rule looks at.</summary>
    public static IReadOnlyCollection<string> Names { get; } = [.. s_addressed, .. s_unsupported, .. s_form];

    /// <summary>Client and redirect URI. An error here is shown to the person and never redirected.</summary>
    public async Task<Result<ReplyTo>> FindReplyToAsync(Parameters parameters, CancellationToken cancellationToken)
    {
        if (parameters.FindFlaw(s_addressed) is { } flaw)
        {
            return flaw;
        }

        if (parameters["client_id"] is not { } clientId)
        {
            return OAuthError.InvalidRequest("The parameter client_id is missing.");
        }

        var client = await clients.FindAsync(clientId, cancellationToken);
        if (client is null || !client.Enabled)
        {
            return OAuthError.InvalidClient("The client_id is unknown or disabled.");
        }

        if (parameters["redirect_uri"] is not { } redirectUri)
        {
            return OAuthError.InvalidRequest("The parameter redirect_uri is missing.") with { ClientId = clientId };
        }

        if (!RedirectUris.Matches(client, redirectUri))
        {
            return OAuthError.InvalidRequest("invalid redirect_uri: it is not registered for this client.") with { ClientId = clientId };
        }

        // Until the mode itself is known to be good, errors go by the default of the code flow.
        var mode = parameters["response_mode"];
        var known = mode is not null && ResponseModes.All.Contains(mode);
        return new ReplyTo(client, redirectUri, known ? mode! : ResponseModes.Query, parameters.FindFlaw(["state"]) is null ? parameters["state"] : null);
    }

    /// <summary>Everything else. An error here is answered to the client.</summary>
    public async Task<Result<AuthorizationRequest>> ValidateAsync(Parameters parameters, ReplyTo replyTo, CancellationToken cancellationToken)
    {
        var client = replyTo.Client;
        if (CheckForm(parameters) is { } flaw)
        {
            return flaw;
        }

        if (CheckFlow(parameters, client) is { } wrongFlow)
        {
            return wrongFlow;
        }

        if (CheckPkce(parameters, client) is { } pkce)
        {
            return pkce;
        }

        if (!ReadPrompt(parameters["prompt"]).Succeeded(out var prompt, out var error))
        {
            return error;
        }

        if (!ReadMaxAge(parameters["max_age"], client).Succeeded(out var maxAge, out error))
        {
            return error;
        }

        if (!ClaimsRequest.Parse(parameters["claims"]).Succeeded(out var claims, out error))
        {
            return error;
        }

        var catalog = await resources.GetAsync(cancellationToken);
        if (!GrantedResources.Resolve(client, catalog, parameters["scope"], parameters.All("resource"), forMachine: false).Succeeded(out var granted, out error))
        {
            return error;
        }

        IdTokenHint? hint = null;
        if (parameters["id_token_hint"] is { } hintToken)
        {
            hint = await hints.ReadAsync(hintToken);
            if (hint is null || hint.ClientId != client.ClientId)
            {
                return OAuthError.InvalidRequest("The id_token_hint is not an ID token that was issued to this client.");
            }
        }

        return new AuthorizationRequest
        {
            ReplyTo = replyTo,
            Granted = granted,
            Prompt = prompt,
            MaxAge = maxAge.Value,
            Nonce = parameters["nonce"],
            CodeChallenge = parameters["code_challenge"],
            HintedSubject = hint?.Subject,
            LoginHint = parameters["login_hint"],
            UiLocales = parameters["ui_locales"],

            // OpenID Connect Core §3.1.2.1: both at once is unspecified; what the claims parameter says may be essential.
            Acr = claims.Acr.Count > 0 ? claims.Acr : parameters["acr_values"]?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [],
            Claims = claims,
        };
    }

    private static OAuthError? CheckForm(Parameters parameters)
    {
        // OpenID Connect Core §6: what we do not process must be refused, since its content would be ignored.
        if (parameters.All("request").Count > 0)
        {
            return OAuthError.RequestNotSupported();
        }

        if (parameters.All("request_uri").Count > 0)
        {
            return OAuthError.RequestUriNotSupported();
        }

        if (parameters.All("registration").Count > 0)
        {
            return OAuthError.RegistrationNotSupported();
        }

        return parameters.FindFlaw(s_form, Repeatable);
    }

    private static OAuthError? CheckFlow(Parameters parameters, Client client)
    {
        if (parameters["response_type"] is not { } responseType)
        {
            return OAuthError.InvalidRequest("The parameter response_type is missing.");
        }

        if (responseType != "code")
        {
            return OAuthError.UnsupportedResponseType("Only the response_type code is supported.");
        }

        if (parameters["response_mode"] is { } mode && !ResponseModes.All.Contains(mode))
        {
            return OAuthError.InvalidRequest("The response_mode is not supported.");
        }

        return client.AllowedGrantTypes.Contains(Token.GrantTypes.AuthorizationCode)
            ? null
            : OAuthError.UnauthorizedClient("This client may not use the authorization code grant.");
    }

    /// <summary>RFC 7636 §4.3, §4.4.1. The method plain is refused: it protects nothing (RFC 9700 §2.1.1).</summary>
    private static OAuthError? CheckPkce(Parameters parameters, Client client)
    {
        var (challenge, method) = (parameters["code_challenge"], parameters["code_challenge_method"]);
        if (challenge is null)
        {
            return client.NeedsPkce ? OAuthError.InvalidRequest("This client must send a code_challenge (PKCE, S256).")
                : method is null ? null
                : OAuthError.InvalidRequest("A code_challenge_method was sent without a code_challenge.");
        }

        if (method != "S256")
        {
            return OAuthError.InvalidRequest("The code_challenge_method must be S256.");
        }

        return challenge.Length == ChallengeLength && challenge.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')
            ? null
            : OAuthError.InvalidRequest("The code_challenge is not the base64url form of a SHA-256 value.");
    }

    private static Result<Prompt> ReadPrompt(string? value)
    {
        var prompt = Prompt.Absent;
        foreach (var word in value?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [])
        {
            if (!s_prompts.TryGetValue(word, out var one))
            {
                return OAuthError.InvalidRequest("A value of the prompt parameter is not supported.");
            }

            prompt |= one;
        }

        return prompt.HasFlag(Prompt.None) && prompt != Prompt.None
            ? OAuthError.InvalidRequest("prompt=none cannot be combined with other values.")
            : prompt;
    }

    private static Result<MaxAge> ReadMaxAge(string? value, Client client)
    {
        TimeSpan? requested = null;
        if (value is not null)
        {
            if (!int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
            {
                return OAuthError.InvalidRequest("The parameter max_age must be a number of seconds.");
            }

            requested = TimeSpan.FromSeconds(seconds);
        }

        TimeSpan? limit = client.UserSsoLifetime is { } lifetime ? TimeSpan.FromSeconds(lifetime) : null;
        return new MaxAge(requested is null || limit < requested ? limit ?? requested : requested);
    }

    private readonly record struct MaxAge(TimeSpan? Value);
}

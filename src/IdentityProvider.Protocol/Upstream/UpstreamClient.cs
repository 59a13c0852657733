using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using IdentityProvider.Protocol.Endpoints.Authorization;
using IdentityProvider.Protocol.Tokens;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;

namespace IdentityProvider.Protocol.Upstream;

/// <summary>
/// The other side of OpenID Connect: sends people to providers, and reads what these answer (Core §3.1, RFC 7636, RFC 9207). Only the code
/// flow, with PKCE and a client secret.
/// </summary>
public sealed partial class UpstreamClient
{
    /// <summary>Where providers send people back to; it is registered with each of them.</summary>
    public const string CallbackPath = "/account/external/callback";

    private const int LongestCode = 4096;

    /// <summary>Sent with a demand for a fresh sign-in, because a provider must name <c>auth_time</c> only when it was given a limit.</summary>
    private static readonly TimeSpan s_freshness = TimeSpan.FromMinutes(5);

    private readonly UpstreamMetadata _metadata;
    private readonly UpstreamIdTokens _idTokens;
    private readonly UpstreamTokenRequests _tokens;
    private readonly GitHubAccounts _gitHub;
    private readonly TimeProvider _time;
    private readonly ILogger<UpstreamClient> _logger;
    private readonly string _callback;

    internal UpstreamClient(
        UpstreamMetadata metadata,
        UpstreamIdTokens idTokens,
        UpstreamTokenRequests tokens,
        GitHubAccounts gitHub,
        IOptions<ProtocolOptions> protocol,
        TimeProvider time,
        ILogger<UpstreamClient> logger)
    {
        _metadata = metadata;
        _idTokens = idTokens;
        _tokens = tokens;
        _gitHub = gitHub;
        _time = time;
        _logger = logger;
        _callback = protocol.Value.Issuer + CallbackPath;
    }

    /// <summary>A request to the provider; null: it cannot be reached.</summary>
    public async Task<UpstreamRequest?> BeginAsync(UpstreamProvider provider, UpstreamWish wish, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(provider);
        ArgumentNullException.ThrowIfNull(wish);
        if (await FindEndpointsAsync(provider, cancellationToken) is not { } endpoints)
        {
            return null;
        }

        var asked = wish.Pending?.Requested;
        var fresh = wish.Fresh || asked?.Prompt.HasFlag(Prompt.Login) == true;
        var choice = asked?.Prompt.HasFlag(Prompt.SelectAccount) == true || (fresh && !provider.KnowsFreshSignIn);
        var request = new UpstreamRequest
        {
            Nonce = Handles.Create(),
            Verifier = Handles.Create(),
            MadeAt = _time.GetUtcNow(),
            Fresh = fresh,
            MaxAge = asked?.MaxAge,
        };
        var parameters = new Dictionary<string, string?>
        {
            ["response_type"] = "code",
            ["client_id"] = provider.ClientId,
            ["redirect_uri"] = _callback,
            ["scope"] = string.Join(' ', provider.Scopes),
            ["state"] = wish.State,
            ["code_challenge"] = Base64UrlEncoder.Encode(SHA256.HashData(Encoding.ASCII.GetBytes(request.Verifier))),
            ["code_challenge_method"] = "S256",
            ["prompt"] = choice ? "select_account" : fresh ? "login" : null,
        };
        if (provider.Preset == UpstreamPreset.GitHub)
        {
            parameters["login"] = wish.LoginHint;
        }
        else
        {
            parameters["nonce"] = request.Nonce;
            parameters["login_hint"] = wish.LoginHint ?? asked?.LoginHint;
            parameters["ui_locales"] = asked?.UiLocales;
            parameters["acr_values"] = AcrValues(provider, asked);
            parameters["max_age"] = provider.KnowsFreshSignIn && (request.MaxAge ?? (fresh ? s_freshness : null)) is { } age
                ? ((long)age.TotalSeconds).ToString(CultureInfo.InvariantCulture)
                : null;
        }

        var present = parameters.Where(parameter => !string.IsNullOrEmpty(parameter.Value));
        return request with { Url = QueryHelpers.AddQueryString(endpoints.AuthorizationEndpoint, present) };
    }

    /// <summary>Reads the answer that the browser has brought. Its <c>state</c> has been checked and used up before.</summary>
    public async Task<UpstreamAnswer> FinishAsync(UpstreamProvider provider, UpstreamRequest made, IQueryCollection answer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(provider);
        ArgumentNullException.ThrowIfNull(made);
        ArgumentNullException.ThrowIfNull(answer);
        if (await FindEndpointsAsync(provider, cancellationToken) is not { } endpoints)
        {
            return Problem(provider, UpstreamProblem.Unavailable, "it cannot be reached");
        }

        // RFC 9207 §2.4: an answer of somebody else is no answer, error or not.
        var issuer = Single(answer, "iss");
        if (issuer is null ? endpoints.NamesIssuer || answer.ContainsKey("iss") : !IsIssuer(provider, endpoints, issuer))
        {
            return Problem(provider, UpstreamProblem.Refused, "iss of the answer is another issuer, or absent");
        }

        if (answer.ContainsKey("error"))
        {
            var error = Single(answer, "error") ?? "";
            return Problem(provider, Meaning(error), $"the authorization endpoint says {error}");
        }

        if (Single(answer, "code") is not { } code)
        {
            return Problem(provider, UpstreamProblem.Refused, "there is no code in the answer");
        }

        var tokens = await _tokens.RedeemAsync(provider, endpoints, code, made.Verifier, _callback, cancellationToken);
        if (tokens is not { AccessToken: { } accessToken })
        {
            return Problem(provider, tokens.Problem ?? UpstreamProblem.Refused, tokens.Reason ?? "the token endpoint says nothing");
        }

        if (provider.Preset == UpstreamPreset.GitHub)
        {
            return await _gitHub.ReadAsync(provider, accessToken, cancellationToken) is { } account
                ? new UpstreamAnswer(account, null)
                : Problem(provider, UpstreamProblem.Unavailable, "its user API cannot be read");
        }

        var (idToken, reason) = tokens.IdToken is null
            ? (null, "there is no ID token")
            : await _idTokens.ValidateAsync(provider, endpoints, tokens.IdToken, accessToken, made.Nonce, cancellationToken);
        if (idToken is null)
        {
            return Problem(provider, UpstreamProblem.Refused, $"the ID token does not hold: {reason}");
        }

        if (FindAge(provider, made, idToken) is not { } age)
        {
            return Problem(provider, UpstreamProblem.NotFresh, "auth_time does not meet what was asked");
        }

        var claims = idToken.Claims;
        if (endpoints.UserInfoEndpoint is { } userInfo && UpstreamClaims.Text(claims, "email") is null)
        {
            if (await _tokens.ReadUserInfoAsync(userInfo, accessToken, idToken.Subject, cancellationToken) is not { } more)
            {
                return Problem(provider, UpstreamProblem.Unavailable, "its userinfo endpoint says nothing of this person");
            }

            claims = more;
        }

        return new UpstreamAnswer(Describe(provider, idToken, claims, age), null);
    }

    private async Task<UpstreamConfiguration?> FindEndpointsAsync(UpstreamProvider provider, CancellationToken cancellationToken) =>
        provider.Preset == UpstreamPreset.GitHub ? GitHubAccounts.Endpoints(provider) : await _metadata.FindAsync(provider, cancellationToken);

    /// <summary>
    /// How long ago the person signed in there; null: too long for what was asked. What was asked for and met counts as now, so that the
    /// sign-in meets it here, too, whatever the two clocks say.
    /// </summary>
    private TimeSpan? FindAge(UpstreamProvider provider, UpstreamRequest made, UpstreamIdToken idToken)
    {
        var now = _time.GetUtcNow();
        if (UpstreamClaims.Time(idToken.Claims, "auth_time") is not { } signedInAt)
        {
            return provider.FreshSignIn == FreshSignIn.Asked || (!made.Fresh && made.MaxAge is null) ? TimeSpan.Zero : null;
        }

        var age = now > signedInAt ? now - signedInAt : TimeSpan.Zero;
        if ((made.Fresh && signedInAt < made.MadeAt - UpstreamIdTokens.Skew) || age > made.MaxAge + UpstreamIdTokens.Skew)
        {
            return provider.KnowsFreshSignIn || provider.FreshSignIn == FreshSignIn.Checked ? null : TimeSpan.Zero;
        }

        return made.Fresh || age > made.MaxAge - UpstreamIdTokens.Skew ? TimeSpan.Zero : age;
    }

    private static UpstreamIdentity Describe(UpstreamProvider provider, UpstreamIdToken idToken, JsonElement claims, TimeSpan age)
    {
        var acr = UpstreamClaims.Text(idToken.Claims, "acr") is { } theirs ? provider.TrustedAcr.GetValueOrDefault(theirs) : null;
        var email = UpstreamClaims.Address(claims, "email");
        return new UpstreamIdentity
        {
            Provider = provider,
            Issuer = idToken.Issuer,
            Subject = idToken.Subject,
            Name = UpstreamClaims.Name(claims, "name"),
            GivenName = UpstreamClaims.Name(claims, "given_name"),
            FamilyName = UpstreamClaims.Name(claims, "family_name"),
            Username = UpstreamClaims.Name(claims, "preferred_username"),
            Email = email,
            EmailIsTrusted = email is not null && provider.TrustEmail && UpstreamClaims.IsTrue(claims, "email_verified") && IsAuthority(provider, email, idToken.Claims),
            Age = age,
            Acr = acr,
            Amr = acr is null ? [] : AuthenticationMethods.Known(UpstreamClaims.Texts(idToken.Claims, "amr")),
        };
    }

    /// <summary>Google verifies every address once; it is sure of it later only where it runs the mailbox (gmail.com) or the domain (<c>hd</c>).</summary>
    private static bool IsAuthority(UpstreamProvider provider, string email, JsonElement claims) =>
        provider.Preset != UpstreamPreset.Google
        || email.EndsWith("@gmail.com", StringComparison.OrdinalIgnoreCase)
        || (UpstreamClaims.Text(claims, "hd") is { } domain && email.EndsWith("@" + domain, StringComparison.OrdinalIgnoreCase));

    private static string? AcrValues(UpstreamProvider provider, AuthorizationRequest? asked) =>
        asked is null ? null : string.Join(' ', provider.TrustedAcr.Where(entry => asked.Acr.Contains(entry.Value)).Select(entry => entry.Key));

    private static bool IsIssuer(UpstreamProvider provider, UpstreamConfiguration endpoints, string issuer) =>
        issuer == endpoints.Issuer
        || (provider.Preset == UpstreamPreset.GitHub && issuer == GitHubAccounts.OAuthIssuer(provider))
        || (provider.Preset == UpstreamPreset.Microsoft && UpstreamIdTokens.FitsTemplate(endpoints.Issuer, issuer));

    private static UpstreamProblem Meaning(string error) => error switch
    {
        "access_denied" => UpstreamProblem.Cancelled,
        "server_error" or "temporarily_unavailable" => UpstreamProblem.Unavailable,
        _ => UpstreamProblem.Refused,
    };

    /// <summary>The one value; null also when there are several, or it is absurd.</summary>
    private static string? Single(IQueryCollection query, string name) =>
        query.TryGetValue(name, out var values) && values.Count == 1 && values[0] is { Length: > 0 and <= LongestCode } value && !value.Any(char.IsControl)
            ? value
            : null;

    private UpstreamAnswer Problem(UpstreamProvider provider, UpstreamProblem problem, string reason)
    {
        Failed(provider.Name, problem, reason);
        return new UpstreamAnswer(null, problem);
    }

    [LoggerMessage(3310, LogLevel.Warning, "A sign-in at {Provider} came to nothing: {Problem}, {Reason}")]
    private partial void Failed(string provider, UpstreamProblem problem, string reason);
}

using System.Net;
using IdentityProvider.Protocol.Clients;
using IdentityProvider.Protocol.Errors;
using IdentityProvider.Protocol.Tokens;
using Microsoft.AspNetCore.Http;

namespace IdentityProvider.Protocol.Endpoints.Token;

/// <summary>A token request (RFC 6749 §4.1.3, §4.4.2, §6), parsed once, of a client that was authenticated.</summary>
internal sealed record TokenRequest
{
    public required Client Client { get; init; }

    public required bool ClientIsAuthenticated { get; init; }

    public required string GrantType { get; init; }

    public string? Code { get; init; }

    public string? RedirectUri { get; init; }

    public string? CodeVerifier { get; init; }

    public string? RefreshToken { get; init; }

    public string? Scope { get; init; }

    /// <summary>RFC 8707 §2.2: may be sent more than once.</summary>
    public required IReadOnlyList<string> Resources { get; init; }

    public IPAddress? RemoteAddress { get; init; }

    /// <summary>The caller's network: /24 or /48.</summary>
    public required string Network { get; init; }

    /// <summary>The caller's user-agent family.</summary>
    public required string UserAgent { get; init; }

    public LifetimeRequest ForLifetimes => new() { Client = Client, GrantType = GrantType, RemoteAddress = RemoteAddress, UserAgent = UserAgent };

    public static Result<TokenRequest> Parse(HttpContext context, Parameters parameters, AuthenticatedClient client)
    {
        if (parameters.FindFlaw(["grant_type", "code", "redirect_uri", "code_verifier", "refresh_token", "scope", "resource"], repeatable: "resource") is { } flaw)
        {
            return flaw;
        }

        if (parameters["grant_type"] is not { } grantType)
        {
            return OAuthError.InvalidRequest("The parameter grant_type is missing.");
        }

        return new TokenRequest
        {
            Client = client.Client,
            ClientIsAuthenticated = client.IsAuthenticated,
            GrantType = grantType,
            Code = parameters["code"],
            RedirectUri = parameters["redirect_uri"],
            CodeVerifier = parameters["code_verifier"],
            RefreshToken = parameters["refresh_token"],
            Scope = parameters["scope"],
            Resources = parameters.All("resource"),
            RemoteAddress = context.Connection.RemoteIpAddress,
            Network = CallerMarks.Network(context.Connection.RemoteIpAddress),
            UserAgent = CallerMarks.UserAgentFamily(context.Request.Headers.UserAgent.ToString()),
        };
    }
}

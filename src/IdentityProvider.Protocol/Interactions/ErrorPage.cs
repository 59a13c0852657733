using IdentityProvider.Protocol.Clients;
using IdentityProvider.Protocol.Errors;

namespace IdentityProvider.Protocol.Interactions;

/// <summary>
/// Set on the request when an endpoint met an error that must not be sent to the client. The response has the status and no body;
/// the host re-executes <c>/error</c>, whose page shows this.
/// </summary>
public sealed class ErrorPage
{
    /// <summary>The error; its code is a stable phrase, its description is for the client's developer.</summary>
    public required OAuthError Error { get; init; }

    /// <summary>The client's name, when a valid client is known.</summary>
    public string? ClientName { get; init; }

    /// <summary>The client's home page, when a valid client is known.</summary>
    public string? ClientUri { get; init; }

    internal static ErrorPage Of(OAuthError error, Client? client = null) =>
        new() { Error = error, ClientName = client?.ClientName ?? client?.ClientId, ClientUri = client?.ClientUri };
}

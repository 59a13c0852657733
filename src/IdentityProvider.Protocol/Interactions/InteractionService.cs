using Microsoft.AspNetCore.Http;

namespace IdentityProvider.Protocol.Interactions;

/// <summary>What the hosted pages may do with a pending request.</summary>
public sealed class InteractionService
{
    /// <summary>The pending authorization of <c>?interaction=</c>; null when it is unknown, or was started by another browser.</summary>
    public Task<PendingAuthorization?> FindAuthorizationAsync(HttpContext context, string? handle) => throw new NotSupportedException();

    /// <summary>The person allows these scopes (required ones are added). Then send the browser to <see cref="PendingAuthorization.ContinueUrl"/>.</summary>
    public Task AllowAsync(PendingAuthorization pending, IReadOnlyCollection<string> scopes, bool remember, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>The person refuses. Then send the browser to <see cref="PendingAuthorization.ContinueUrl"/>, which answers the client <c>access_denied</c>.</summary>
    public Task DenyAsync(PendingAuthorization pending, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>The person goes on with the account that is signed in (<c>prompt=select_account</c>).</summary>
    public Task SelectSessionAsync(PendingAuthorization pending, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>The pending logout of <c>?interaction=</c>; null when it is unknown, or was started by another browser.</summary>
    public Task<PendingLogout?> FindLogoutAsync(HttpContext context, string? handle) => throw new NotSupportedException();
}

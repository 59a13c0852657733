namespace IdentityProvider.Protocol.Clients;

/// <summary>
/// Where clients come from. A host may replace it; the default reads them from the database and keeps them in memory,
/// at most some seconds old. What a host's own source gives is taken as it is: the rules that a seed file is held to are not applied to it, so
/// that exact https redirect URIs, for one, are its business.
/// </summary>
public interface IClientSource
{
    /// <summary>The client with exactly this id, disabled ones included; null when there is none.</summary>
    ValueTask<Client?> FindAsync(string clientId, CancellationToken cancellationToken);

    /// <summary>Whether any enabled client lists this origin. A preflight request does not name its client.</summary>
    ValueTask<bool> AllowsOriginAsync(string origin, CancellationToken cancellationToken);
}

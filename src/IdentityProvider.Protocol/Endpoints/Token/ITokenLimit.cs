using IdentityProvider.Protocol.Clients;
using Microsoft.AspNetCore.Http;

namespace IdentityProvider.Protocol.Endpoints.Token;

/// <summary>How often a client may ask for tokens: a program that has run wild must not take the server from the others.</summary>
public interface ITokenLimit
{
    /// <summary>
    /// Counts a request of this client, of a public one by network, since anybody can name it. Not null: it is too many, for so long.
    /// </summary>
    ValueTask<TimeSpan?> TakeAsync(HttpContext context, Client client);
}

using Microsoft.AspNetCore.Http;

namespace IdentityProvider.Protocol.Interactions;

/// <summary>How many requests of people who are not signed in may wait: each is a row that anybody can make us write.</summary>
public interface IPendingLimit
{
    /// <summary>Counts one more from the network of this request. Not null: it is too many, for so long.</summary>
    Task<TimeSpan?> TakeAsync(HttpContext context);
}

using Microsoft.AspNetCore.Http;

namespace IdentityProvider.Protocol.Interactions;

/// <summary>How many requests may wait: each is a row that anybody can make us write.</summary>
public interface IPendingLimit
{
    /// <summary>Counts one more of this person, or from the network of who is not signed in. Not null: it is too many, for so long.</summary>
    Task<TimeSpan?> TakeAsync(HttpContext context, Guid? subjectId);
}

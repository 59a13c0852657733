using Microsoft.AspNetCore.Http;

namespace IdentityProvider.Accounts.Events;

/// <summary>Where events of accounts are reported; the host forwards them to its security events.</summary>
public interface IAccountEvents
{
    /// <summary>Reports an event; never waits. The request, if there is one, says from where.</summary>
    void Report(AccountEvent accountEvent, HttpContext? context = null);

    /// <summary>From where a request comes, for an event that is stored in the statement that makes the change.</summary>
    EventOrigin OriginOf(HttpContext context);
}

using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using IdentityProvider.Accounts.Factors;
using IdentityProvider.Accounts.Sessions;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Accounts.Upstream;

/// <summary>Somebody who was sent to another provider and has not come back.</summary>
public sealed record UpstreamAttempt
{
    /// <summary>The provider's name.</summary>
    public required string Provider { get; init; }

    /// <summary>What the client of the provider has to know of its request.</summary>
    public required string Request { get; init; }

    /// <summary>The pending authorization on whose way it happens.</summary>
    public string? Interaction { get; init; }

    /// <summary>Where to go without one.</summary>
    public string? ReturnUrl { get; init; }

    /// <summary>Keep me signed in.</summary>
    public bool Remember { get; init; }

    /// <summary>The account is to be linked to the person of this session; null: it is a sign-in.</summary>
    public Guid? LinkInSession { get; init; }
}

/// <summary>
/// Attempts to sign in at other providers. Each has a protected cookie of its own, found again by <c>state</c>: an answer is only taken from
/// the browser that asked, once (a mark in the database decides), for a quarter of an hour; and tabs do not disturb each other.
/// Lax is enough, since answers come by GET.
/// </summary>
public sealed class UpstreamAttempts
{
    private const int MostAtOnce = 6;
    private const int LongestTicket = 3800;
    private const int LongestReturnUrl = 1024;
    private const int IdLength = 32;
    private const int NameLength = 20;

    private static readonly TimeSpan s_lifetime = TimeSpan.FromMinutes(15);

    private readonly IFactorStore _marks;
    private readonly IDataProtector _protector;
    private readonly TimeProvider _time;
    private readonly bool _secure;

    internal UpstreamAttempts(IFactorStore marks, IDataProtectionProvider protection, IOptions<SessionCookieOptions> cookies, TimeProvider time)
    {
        _marks = marks;
        _protector = protection.CreateProtector("upstream-attempt");
        _time = time;
        _secure = cookies.Value.Secure;
    }

    private string Prefix => _secure ? "__Host-idp.upstream." : "idp.upstream.";

    /// <summary>A value for <c>state</c>: an id that grows with time, by which cookie and mark are named, and 256 random bits.</summary>
    public string NewState() =>
        Guid.CreateVersion7(_time.GetUtcNow()).ToString("N") + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>Gives the browser what its answer will be checked with.</summary>
    public void Keep(HttpContext context, string state, UpstreamAttempt attempt)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(attempt);

        // Who starts again and again and never comes back must not end with more cookies than a request may have.
        var others = context.Request.Cookies.Keys.Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToList();
        foreach (var name in others.Take(others.Count - MostAtOnce + 1))
        {
            context.Response.Cookies.Delete(name, Options());
        }

        var kept = attempt.ReturnUrl?.Length > LongestReturnUrl ? attempt with { ReturnUrl = null } : attempt;
        var ticket = new Ticket(state, kept, _time.GetUtcNow() + s_lifetime);
        var options = Options();
        options.MaxAge = s_lifetime;
        context.Response.Cookies.Append(Name(state), _protector.Protect(JsonSerializer.Serialize(ticket)), options);
    }

    /// <summary>The attempt that this answer belongs to, which is used up by it; null: none of this browser's, too old, or answered before.</summary>
    public async Task<UpstreamAttempt?> TakeAsync(HttpContext context, string? state)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (state is null || state.Length is < IdLength or > 2 * IdLength + IdLength || !Guid.TryParseExact(state[..IdLength], "N", out var id)
            || !context.Request.Cookies.TryGetValue(Name(state), out var value) || value.Length > LongestTicket
            || Open(value) is not { } ticket || ticket.State != state || ticket.ExpiresAt <= _time.GetUtcNow())
        {
            return null;
        }

        context.Response.Cookies.Delete(Name(state), Options());
        return await _marks.ConsumeChallengeAsync(id, s_lifetime) ? ticket.Attempt : null;
    }

    private string Name(string state) => Prefix + state[..NameLength];

    private Ticket? Open(string value)
    {
        try
        {
            return JsonSerializer.Deserialize<Ticket>(_protector.Unprotect(value));
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private CookieOptions Options() => new()
    {
        HttpOnly = true,
        Secure = _secure,
        SameSite = SameSiteMode.Lax,
        Path = "/",
        IsEssential = true,
    };

    private sealed record Ticket(string State, UpstreamAttempt Attempt, DateTimeOffset ExpiresAt);
}

using IdentityProvider.Accounts.Throttling;
using IdentityProvider.Protocol.Clients;
using IdentityProvider.Protocol.Endpoints;
using IdentityProvider.Protocol.Endpoints.Token;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Hosting.Subjects;

/// <summary>Counts in this instance's memory: a round trip for each token request would cost more than what it guards against.</summary>
internal sealed class TokenLimit(IOptions<RateLimitOptions> options, TimeProvider time) : ITokenLimit
{
    private static readonly TimeSpan s_window = TimeSpan.FromMinutes(1);

    private readonly RateLimitOptions _options = options.Value;

    // Not those of the failed sign-ins, which nobody may push out by asking for tokens.
    private readonly LocalCounters _counters = new(time);

    public async ValueTask<TimeSpan?> TakeAsync(HttpContext context, Client client)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(client);
        if (!_options.Enabled)
        {
            return null;
        }

        var (key, limit) = client.IsPublic
            ? ($"{client.ClientId} {CallerMarks.Network(context.Connection.RemoteIpAddress)}", _options.TokenRequestsPerNetwork)
            : (client.ClientId, _options.TokenRequestsPerClient);
        var count = await _counters.RaiseAsync(key, s_window);
        return count.Value > limit ? count.Remaining : null;
    }
}

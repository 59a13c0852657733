using System.Threading.RateLimiting;
using IdentityProvider.Accounts.Throttling;
using IdentityProvider.Protocol.Clients;
using IdentityProvider.Protocol.Endpoints;
using IdentityProvider.Protocol.Endpoints.Token;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Hosting.Subjects;

/// <summary>Counts in this instance's memory: a round trip for each token request would cost more than what it guards against.</summary>
internal sealed class TokenLimit : ITokenLimit, IDisposable
{
    private static readonly TimeSpan s_window = TimeSpan.FromMinutes(1);

    private readonly PartitionedRateLimiter<(string ClientId, string Network)>? _limiter;

    public TokenLimit(IOptions<RateLimitOptions> options)
    {
        var limits = options.Value;
        _limiter = !limits.Enabled ? null : PartitionedRateLimiter.Create<(string ClientId, string Network), (string, string)>(caller =>
            RateLimitPartition.GetFixedWindowLimiter(caller, _ => new FixedWindowRateLimiterOptions
            {
                PermitLimit = caller.Network.Length > 0 ? limits.TokenRequestsPerNetwork : limits.TokenRequestsPerClient,
                Window = s_window,
            }));
    }

    public TimeSpan? Take(HttpContext context, Client client)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(client);
        if (_limiter is null)
        {
            return null;
        }

        using var lease = _limiter.AttemptAcquire((client.ClientId, client.IsPublic ? CallerMarks.Network(context.Connection.RemoteIpAddress) : ""));
        return lease.IsAcquired ? null : lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait : s_window;
    }

    public void Dispose() => _limiter?.Dispose();
}

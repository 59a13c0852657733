using IdentityProvider.Accounts.Throttling;
using IdentityProvider.Protocol.Endpoints;
using IdentityProvider.Protocol.Interactions;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Hosting.Subjects;

/// <summary>The limit of waiting requests by the counters of the accounts.</summary>
internal sealed class PendingLimit(ICounters counters, IOptions<RateLimitOptions> options) : IPendingLimit
{
    private static readonly TimeSpan s_window = TimeSpan.FromMinutes(5);

    private readonly RateLimitOptions _options = options.Value;

    public async Task<TimeSpan?> TakeAsync(HttpContext context, Guid? subjectId)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (!_options.Enabled)
        {
            return null;
        }

        var count = await counters.RaiseAsync($"idp:pending:{subjectId?.ToString("D") ?? CallerMarks.Network(context.Connection.RemoteIpAddress)}", s_window);
        return count.Value > _options.PendingRequestsPerNetwork ? count.Remaining : null;
    }
}

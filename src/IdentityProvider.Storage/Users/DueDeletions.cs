using IdentityProvider.Accounts.Transitions;
using IdentityProvider.Storage.Database;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace IdentityProvider.Storage.Users;

/// <summary>
/// Deletes accounts whose grace is over. Each is a transaction of its own that asks again whether it is due, so a stop in the middle loses
/// nothing, whoever keeps the account at the last moment keeps it, and of two instances one finds it gone.
/// </summary>
public sealed partial class DueDeletions : BackgroundService
{
    private const int BatchSize = 100;

    private static readonly TimeSpan s_interval = TimeSpan.FromHours(1);

    private readonly Func<IdentityProviderContext> _contexts;
    private readonly IAccountTransitions _transitions;
    private readonly TimeProvider _time;
    private readonly ILogger<DueDeletions> _logger;

    internal DueDeletions(
        Func<IdentityProviderContext> contexts, IAccountTransitions transitions, TimeProvider time, ILogger<DueDeletions> logger) =>
        (_contexts, _transitions, _time, _logger) = (contexts, transitions, time, logger);

    /// <summary>Deletes all that is due; returns the number of accounts.</summary>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var total = 0;
        while (true)
        {
            var deleted = 0;
            var due = await ListAsync(cancellationToken);
            foreach (var user in due)
            {
                if (await _transitions.DeleteAsync(user, onlyIfDue: true) is not null)
                {
                    deleted++;
                }
            }

            total += deleted;
            if (due.Count < BatchSize || deleted == 0)
            {
                break;
            }
        }

        if (total > 0)
        {
            Deleted(total);
        }

        return total;
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_interval, _time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await RunAsync(stoppingToken);
            }
#pragma warning disable CA1031 // Whatever a database that goes away comes up with, it must not stop the server.
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                Failed(exception);
            }
        }
    }

    private async Task<List<Guid>> ListAsync(CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        await using var context = _contexts();
        return await context.Users.Where(user => user.DeleteAfter <= now).OrderBy(user => user.DeleteAfter).Select(user => user.Id)
            .Take(BatchSize).ToListAsync(cancellationToken);
    }

    [LoggerMessage(LogLevel.Information, "Accounts were deleted, since their grace is over: {Count}")]
    private partial void Deleted(int count);

    [LoggerMessage(LogLevel.Warning, "Accounts that are due could not be deleted; the next attempt follows")]
    private partial void Failed(Exception exception);
}

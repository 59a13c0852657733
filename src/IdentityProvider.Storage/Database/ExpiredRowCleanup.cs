using System.Data;
using System.Data.Common;
using System.Security.Cryptography;
using IdentityProvider.Protocol.Events;
using IdentityProvider.Protocol.Keys;
using IdentityProvider.Storage.Sessions;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace IdentityProvider.Storage.Database;

/// <summary>
/// Deletes rows whose time is over, in small batches: a long transaction would keep PostgreSQL from pruning. Each instance begins at a time of
/// its own, so that they seldom meet; where they do, each takes what the others have not locked. So none that stands still stops the others.
/// </summary>
public sealed partial class ExpiredRowCleanup(
    DbDataSource database, IOptions<EventOptions> events, IOptions<KeyManagementOptions> keys, TimeProvider time, ILogger<ExpiredRowCleanup> logger) : BackgroundService
{
    private const int BatchSize = 500;
    private const string NoReferenceToken = "NOT EXISTS (SELECT 1 FROM reference_tokens r WHERE r.grant_id = grants.id)";

    private static readonly TimeSpan _interval = TimeSpan.FromMinutes(5);

    /// <summary>
    /// How long a row is kept past its expiry: a redeemed code, so that a late replay still revokes; a grant, since the access token of its last
    /// refresh may outlive it, a JWT for as long as the key that verifies it, a stored one for as long as it says; an interaction or a mailed link, so that its page says "expired" and not "unknown" (a parked request has no page); a used challenge,
    /// since an instance whose clock is slow takes it for good a little longer.
    /// </summary>
    private readonly Expiry[] _expiries =
    [
        new("authorization_codes", "expires_at", TimeSpan.FromDays(1)),
        new("grants", "absolute_expires_at", TimeSpan.FromDays(1) + keys.Value.RetentionDuration, NoReferenceToken),
        new("interactions", "expires_at", TimeSpan.FromDays(1)),
        new("interactions", "expires_at", TimeSpan.Zero, "length(browser_hash) = 0"),
        new("reference_tokens", "expires_at", TimeSpan.Zero),
        new("revoked_access_tokens", "expires_at", TimeSpan.Zero),
        new("consents", "expires_at", TimeSpan.Zero),
        new("outbox", "expires_at", TimeSpan.Zero),
        new("used_challenges", "expires_at", TimeSpan.FromDays(1)),
        new("one_time_tokens", "expires_at", TimeSpan.FromDays(1)),
        new("known_devices", "expires_at", TimeSpan.Zero),
        new("security_events", "occurred_at", events.Value.Retention),
    ];

    /// <summary>
    /// Deletes all that is due but what another instance is deleting at this moment; returns the number of rows. A table that fails keeps none
    /// of the others from being cleaned.
    /// </summary>
    /// <exception cref="AggregateException">What went wrong, table by table, once the others are done.</exception>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await DeleteAllAsync(connection, cancellationToken);
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Delay(TimeSpan.FromSeconds(RandomNumberGenerator.GetInt32((int)_interval.TotalSeconds)), time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        using var timer = new PeriodicTimer(_interval, time);
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
                LogFailed(logger, exception);
            }
        }
    }

    private async Task<int> DeleteAllAsync(DbConnection connection, CancellationToken cancellationToken)
    {
        var (total, failures) = (0, new List<Exception>());
        await CleanAsync("sessions", from => ExpiredSessions.DeleteAsync(connection, from, BatchSize, time.GetUtcNow(), cancellationToken));
        foreach (var expiry in _expiries)
        {
            await CleanAsync(expiry.Table, async from => connection switch
            {
                NpgsqlConnection postgres => await DeleteAsync(postgres, expiry, from, cancellationToken),
                _ => Delete((SqliteConnection)connection, expiry),
            });
        }

        return failures.Count == 0 ? total : throw new AggregateException(failures);

        async Task CleanAsync(string table, Func<DateTimeOffset, Task<DeletedRows>> delete)
        {
            try
            {
                total += await InBatchesAsync(delete);
            }
            catch (DbException exception) when (connection.State == ConnectionState.Open && !cancellationToken.IsCancellationRequested)
            {
                failures.Add(new InvalidOperationException($"Expired rows of {table} could not be deleted: {exception.Message}", exception));
            }
        }
    }

    private static async Task<int> InBatchesAsync(Func<DateTimeOffset, Task<DeletedRows>> delete)
    {
        var (total, batch) = (0, new DeletedRows(BatchSize, DateTimeOffset.UnixEpoch));
        while (batch.Count == BatchSize)
        {
            batch = await delete(batch.Last);
            total += batch.Count;
        }

        return total;
    }

    /// <summary>The time of the statement, not of the clock: what may change from row to row cannot be looked up in an index.</summary>
    private static async Task<DeletedRows> DeleteAsync(
        NpgsqlConnection connection, Expiry expiry, DateTimeOffset from, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"""
            WITH due AS MATERIALIZED (
                SELECT ctid, {expiry.Column} AS due_at FROM {expiry.Table}
                WHERE {expiry.Column} >= $1 AND {expiry.Column} < statement_timestamp() - $2 AND {expiry.Only}
                ORDER BY {expiry.Column} LIMIT {BatchSize} FOR UPDATE SKIP LOCKED),
            gone AS (DELETE FROM {expiry.Table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM due)))
            SELECT count(*)::int, max(due_at) FROM due
            """,
            connection).Time(from).Interval(expiry.Grace);
        return await DeletedRows.ReadAsync(command, cancellationToken);
    }

    /// <summary>SQLite takes what it deletes out of its indexes, so each batch finds the next rows first.</summary>
    private DeletedRows Delete(SqliteConnection connection, Expiry expiry)
    {
        var deleted = connection.Execute(
            $"DELETE FROM {expiry.Table} WHERE rowid IN (SELECT rowid FROM {expiry.Table} WHERE {expiry.Column} < $before AND {expiry.Only} LIMIT {BatchSize})",
            ("$before", time.GetUtcNow() - expiry.Grace));
        return new DeletedRows(deleted, DateTimeOffset.UnixEpoch);
    }

    private sealed record Expiry(string Table, string Column, TimeSpan Grace, string Only = "TRUE");

    [LoggerMessage(Level = LogLevel.Warning, Message = "Expired rows could not be deleted; the next attempt follows")]
    private static partial void LogFailed(ILogger logger, Exception exception);
}

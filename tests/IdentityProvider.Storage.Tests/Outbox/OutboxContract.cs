using IdentityProvider.Protocol.Outbox;
using IdentityProvider.Storage.Outbox;
using IdentityProvider.Storage.Tests.Databases;
using IdentityProvider.Storage.Tests.Grants;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace IdentityProvider.Storage.Tests.Outbox;

/// <summary>A message is claimed by one at a time, and survives whoever claims it.</summary>
public abstract class OutboxContract(TestDatabase database)
{
    /// <summary>Longer than any test: where a lease is to be over, the row is moved.</summary>
    private static readonly TimeSpan s_lease = TimeSpan.FromHours(1);

    /// <summary>The tests of the class share a table, so each has a kind of its own.</summary>
    private readonly string _kind = Scene.Id().ToString("N");

    private IOutboxStore Outbox => database.Get<IOutboxStore>();

    [Fact]
    public async Task A_claimed_message_is_nobody_elses()
    {
        await WriteAsync("one");

        var claimed = Assert.Single(await ClaimAsync());

        Assert.Equal((_kind, "one", 1), (claimed.Kind, claimed.Payload, claimed.Attempt));
        Assert.Empty(await ClaimAsync());
        await IsDueInAnHourAsync();
    }

    [Fact]
    public async Task A_message_whose_claimer_has_died_is_due_again_when_the_lease_is_over()
    {
        await WriteAsync("one");
        var dead = Assert.Single(await ClaimAsync());

        await MakeDueAsync();
        var claimed = Assert.Single(await ClaimAsync());

        Assert.Equal((dead.Id, 2), (claimed.Id, claimed.Attempt));
    }

    [Fact]
    public async Task A_claimer_whose_lease_is_over_decides_nothing_any_more()
    {
        await WriteAsync("one");
        var slow = Assert.Single(await ClaimAsync());
        await MakeDueAsync();
        var claimed = Assert.Single(await ClaimAsync());

        Assert.False(await Outbox.PostponeAsync(slow, TimeSpan.Zero, "why"));
        await Outbox.RemoveAsync(slow);

        Assert.Empty(await ClaimAsync());
        Assert.True(await Outbox.PostponeAsync(claimed, TimeSpan.Zero, "why"));
    }

    [Fact]
    public async Task A_postponed_message_is_due_after_the_delay()
    {
        await WriteAsync("one");
        var claimed = Assert.Single(await ClaimAsync());

        Assert.True(await Outbox.PostponeAsync(claimed, TimeSpan.FromHours(1), "why"));

        Assert.Empty(await ClaimAsync());
        await IsDueInAnHourAsync();
        await MakeDueAsync();
        Assert.Single(await ClaimAsync());
    }

    [Fact]
    public async Task A_message_is_not_postponed_past_its_expiry()
    {
        await WriteAsync("one", lives: TimeSpan.FromHours(1));
        var claimed = Assert.Single(await ClaimAsync());

        Assert.False(await Outbox.PostponeAsync(claimed, TimeSpan.FromMinutes(61), "why"));
        Assert.True(await Outbox.PostponeAsync(claimed, TimeSpan.FromMinutes(59), "why"));
    }

    [Fact]
    public async Task A_removed_message_is_gone()
    {
        await WriteAsync("one");

        await Outbox.RemoveAsync(Assert.Single(await ClaimAsync()));

        await using var context = database.Context();
        Assert.False(await context.Set<OutboxRow>().AnyAsync(row => row.Kind == _kind));
    }

    [Fact]
    public async Task A_message_that_was_given_up_is_claimed_no_more_and_kept_with_the_reason()
    {
        await WriteAsync("one", lives: TimeSpan.FromHours(1));

        await Outbox.GiveUpAsync(Assert.Single(await ClaimAsync(TimeSpan.Zero)), "mailbox unknown");

        Assert.Empty(await ClaimAsync());
        await using var context = database.Context();
        var row = await context.Set<OutboxRow>().AsNoTracking().SingleAsync(row => row.Kind == _kind);
        Assert.Equal("mailbox unknown", row.LastError);
        Assert.NotNull(row.GivenUpAt);
        Assert.InRange(row.ExpiresAt - row.GivenUpAt!.Value, TimeSpan.FromDays(13), TimeSpan.FromDays(15));
    }

    [Fact]
    public async Task Only_the_asked_kind_and_the_asked_number_are_claimed_the_longest_due_first()
    {
        await WriteAsync("second", due: TimeSpan.FromSeconds(-10));
        await WriteAsync("first", due: TimeSpan.FromSeconds(-20));
        await WriteAsync("third", due: TimeSpan.FromSeconds(-5));
        await WriteAsync("later", due: TimeSpan.FromHours(1));

        Assert.Empty(await Outbox.ClaimAsync("another", 10, s_lease, CancellationToken.None));
        Assert.Equal(["first", "second"], (await Outbox.ClaimAsync(_kind, 2, s_lease, CancellationToken.None)).Select(it => it.Payload).Order());
        Assert.Equal("third", Assert.Single(await ClaimAsync()).Payload);
    }

    [Fact]
    public async Task Instances_that_claim_at_once_share_the_messages()
    {
        const int Messages = 100;
        for (var i = 0; i < Messages; i++)
        {
            await WriteAsync($"{i}");
        }

        // Threads, since a SQLite call never yields.
        var claimed = new List<OutboxMessage>[4];
        using var barrier = new Barrier(claimed.Length);
        var threads = claimed.Select((_, index) => new Thread(() =>
        {
            using var instance = database.NewInstance();
            var outbox = instance.GetRequiredService<IOutboxStore>();
            var mine = claimed[index] = [];
            barrier.SignalAndWait();
            while (outbox.ClaimAsync(_kind, 7, s_lease, CancellationToken.None).GetAwaiter().GetResult() is { Count: > 0 } some)
            {
                mine.AddRange(some);
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());

        Assert.Equal(Enumerable.Range(0, Messages).Select(i => $"{i}").Order(), claimed.SelectMany(it => it).Select(it => it.Payload).Order());
    }

    private Task<IReadOnlyList<OutboxMessage>> ClaimAsync(TimeSpan? lease = null) => Outbox.ClaimAsync(_kind, 10, lease ?? s_lease, CancellationToken.None);

    /// <summary>As if the time until then had passed.</summary>
    private async Task MakeDueAsync()
    {
        var past = Scene.Ago(TimeSpan.FromMinutes(1));
        await using var context = database.Context();
        await context.Set<OutboxRow>().Where(row => row.Kind == _kind).ExecuteUpdateAsync(row => row.SetProperty(it => it.DueAt, past));
    }

    private async Task IsDueInAnHourAsync()
    {
        await using var context = database.Context();
        var row = await context.Set<OutboxRow>().AsNoTracking().SingleAsync(row => row.Kind == _kind);
        Assert.InRange(row.DueAt, Scene.Ago(-TimeSpan.FromMinutes(50)), Scene.Ago(-TimeSpan.FromMinutes(70)));
    }

    private async Task WriteAsync(string payload, TimeSpan due = default, TimeSpan? lives = null)
    {
        await using var context = database.Context();
        var now = Scene.Ago(TimeSpan.Zero);
        context.Add(new OutboxRow
        {
            Kind = _kind,
            Payload = payload,
            Attempts = 0,
            DueAt = now + due,
            CreatedAt = now,
            ExpiresAt = now + (lives ?? TimeSpan.FromHours(24)),
        });
        await context.SaveChangesAsync();
    }
}

public sealed class SqliteOutboxTests(SqliteTestDatabase database) : OutboxContract(database), IClassFixture<SqliteTestDatabase>;

public sealed class PostgresOutboxTests(PostgresTestDatabase database) : OutboxContract(database), IClassFixture<PostgresTestDatabase>;

using System.Collections.Concurrent;
using IdentityProvider.Protocol;
using IdentityProvider.Protocol.Outbox;
using IdentityProvider.Storage.Outbox;
using IdentityProvider.Storage.Tests.Databases;
using IdentityProvider.Storage.Tests.Grants;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace IdentityProvider.Storage.Tests.Outbox;

/// <summary>The dispatcher on a real store: each message is delivered, and in the normal case once.</summary>
public abstract class DispatcherContract(TestDatabase database)
{
    private readonly string _kind = Scene.Id().ToString("N");

    [Fact]
    public async Task Two_instances_deliver_each_message_once()
    {
        var receiver = new Receiver(_kind);
        await using var one = await Instance.StartAsync(database, receiver);
        await using var other = await Instance.StartAsync(database, receiver);
        for (var i = 0; i < 40; i++)
        {
            await WriteAsync($"{i}");
        }

        await EmptyAsync(one, other);

        Assert.Equal(Enumerable.Range(0, 40).Select(i => $"{i}").Order(), receiver.Payloads.Order());
    }

    [Fact]
    public async Task What_a_crashed_instance_had_claimed_is_delivered_after_the_lease()
    {
        await WriteAsync("one");
        Assert.Single(await database.Get<IOutboxStore>().ClaimAsync(_kind, 1, TimeSpan.FromMilliseconds(500), CancellationToken.None));
        var receiver = new Receiver(_kind);
        await using var instance = await Instance.StartAsync(database, receiver);

        await EmptyAsync(instance);

        Assert.Equal("one", Assert.Single(receiver.Payloads));
    }

    [Fact]
    public async Task A_message_of_which_the_receiver_breaks_is_postponed_and_the_others_are_delivered()
    {
        var receiver = new Receiver(_kind) { Answer = payload => payload == "bad" ? throw new InvalidDataException("bad") : Delivered };
        await WriteAsync("bad");
        await WriteAsync("good");
        await using var instance = await Instance.StartAsync(database, receiver);

        await UntilAsync(async () => (await RowsAsync()).All(row => row is { Payload: "bad", Attempts: 1 }), instance);

        var row = Assert.Single(await RowsAsync());
        Assert.InRange(row.DueAt, Scene.Ago(TimeSpan.Zero), Scene.Ago(TimeSpan.FromSeconds(-5)));
    }

    [Theory]
    [InlineData(DeliveryVerdict.Failed, 0, 2.5, 5)]
    [InlineData(DeliveryVerdict.Failed, 3, 20, 40)]
    [InlineData(DeliveryVerdict.Failed, 60, 1800, 3600)]
    [InlineData(DeliveryVerdict.Refused, 60, 1800, 3600)]
    public async Task The_delay_doubles_up_to_an_hour(DeliveryVerdict verdict, int attempts, double atLeast, double atMost)
    {
        await WriteAsync("one", attempts);
        await using var instance = await Instance.StartAsync(database, new Receiver(_kind) { Answer = _ => new Delivery(verdict, "") });

        // A minute and a bit is what the lease alone would give.
        await UntilAsync(async () => (await RowsAsync()) is [var row] && row.Attempts == attempts + 1 && !IsLeased(row), instance);

        var due = Assert.Single(await RowsAsync()).DueAt;
        Assert.InRange(due, Scene.Ago(TimeSpan.FromSeconds(5 - atLeast)), Scene.Ago(TimeSpan.FromSeconds(-atMost)));
    }

    [Theory]
    [InlineData(DeliveryVerdict.Refused, 2)]
    [InlineData(DeliveryVerdict.Void, 0)]
    public async Task A_receiver_that_refuses_is_not_asked_for_ever_and_one_that_is_gone_not_at_all(DeliveryVerdict verdict, int refusals)
    {
        await WriteAsync("one", attempts: 9, refusals: refusals);
        var receiver = new Receiver(_kind) { Answer = _ => new Delivery(verdict, "") };
        await using var instance = await Instance.StartAsync(database, receiver);

        await EmptyAsync(instance);

        Assert.Single(receiver.Payloads);
    }

    [Fact]
    public async Task A_message_that_would_expire_before_the_next_attempt_is_given_up()
    {
        await WriteAsync("one", lives: TimeSpan.FromSeconds(2));
        var receiver = new Receiver(_kind) { Answer = _ => new Delivery(DeliveryVerdict.Failed, "") };
        await using var instance = await Instance.StartAsync(database, receiver);

        await EmptyAsync(instance);

        Assert.Single(receiver.Payloads);
    }

    [Fact]
    public async Task A_receiver_that_does_not_answer_holds_up_no_message_of_another_kind()
    {
        var release = new TaskCompletionSource();
        var silent = new Receiver(_kind + "-silent") { Before = release.Task };
        var receiver = new Receiver(_kind);
        for (var i = 0; i < 40; i++)
        {
            await WriteAsync($"{i}", kind: silent.Kind);
        }

        await using var instance = await Instance.StartAsync(database, silent, receiver);
        await UntilAsync(() => Task.FromResult(silent.Begun > 0), instance);
        await WriteAsync("one");

        await EmptyAsync(instance);

        Assert.Equal("one", Assert.Single(receiver.Payloads));
        release.SetResult();
    }

    [Fact]
    public async Task A_stop_waits_for_what_is_on_its_way()
    {
        var release = new TaskCompletionSource();
        var receiver = new Receiver(_kind) { Before = release.Task };
        await WriteAsync("one");
        var instance = await Instance.StartAsync(database, receiver);
        await UntilAsync(() => Task.FromResult(receiver.Begun > 0), instance);

        var stop = instance.DisposeAsync().AsTask();
        Assert.NotSame(stop, await Task.WhenAny(stop, Task.Delay(200)));
        release.SetResult();
        await stop;

        Assert.Single(receiver.Payloads);
        Assert.Empty(await RowsAsync());
    }

    private static Delivery Delivered => new(DeliveryVerdict.Delivered, "");

    private static bool IsLeased(OutboxRow row) =>
        (row.DueAt - Scene.Ago(TimeSpan.Zero)) is var left && left > OutboxDispatcher.Lease - TimeSpan.FromSeconds(10) && left <= OutboxDispatcher.Lease;

    private async Task EmptyAsync(params Instance[] instances) => await UntilAsync(async () => (await RowsAsync()).Count == 0, instances);

    private static async Task UntilAsync(Func<Task<bool>> condition, params Instance[] instances)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await condition())
        {
            Array.ForEach(instances, instance => instance.Signal.Set());
            await Task.Delay(20, limit.Token);
        }
    }

    private async Task<IReadOnlyList<OutboxRow>> RowsAsync()
    {
        await using var context = database.Context();
        return await context.Set<OutboxRow>().AsNoTracking().Where(row => row.Kind == _kind && row.GivenUpAt == null).ToListAsync();
    }

    private async Task WriteAsync(string payload, int attempts = 0, int refusals = 0, TimeSpan? lives = null, string? kind = null)
    {
        await using var context = database.Context();
        var now = Scene.Ago(TimeSpan.Zero);
        context.Add(new OutboxRow
        {
            Kind = kind ?? _kind,
            Payload = payload,
            Attempts = attempts,
            Refusals = refusals,
            DueAt = now,
            CreatedAt = now,
            ExpiresAt = now + (lives ?? TimeSpan.FromHours(24)),
        });
        await context.SaveChangesAsync();
    }

    private sealed class Receiver(string kind) : IOutboxHandler
    {
        private readonly ConcurrentQueue<string> _payloads = new();
        private int _begun;

        public string Kind => kind;

        public Func<string, Delivery> Answer { get; init; } = _ => Delivered;

        public Task Before { get; init; } = Task.CompletedTask;

        public int Begun => Volatile.Read(ref _begun);

        public IReadOnlyCollection<string> Payloads => _payloads;

        public async Task<Delivery> DeliverAsync(OutboxMessage message)
        {
            Interlocked.Increment(ref _begun);
            await Before;
            _payloads.Enqueue(message.Payload);
            return Answer(message.Payload);
        }
    }

    /// <summary>A running dispatcher with a store of its own.</summary>
    private sealed class Instance(ServiceProvider services, OutboxDispatcher dispatcher) : IAsyncDisposable
    {
        public OutboxSignal Signal => services.GetRequiredService<OutboxSignal>();

        public static async Task<Instance> StartAsync(TestDatabase database, params IOutboxHandler[] receivers)
        {
            var services = database.NewInstance();
            var metrics = new ServiceCollection().AddMetrics().AddSingleton<ProtocolMetrics>().BuildServiceProvider();
            var dispatcher = new OutboxDispatcher(
                services.GetRequiredService<IOutboxStore>(),
                receivers,
                services.GetRequiredService<OutboxSignal>(),
                metrics.GetRequiredService<ProtocolMetrics>(),
                TimeProvider.System,
                NullLogger<OutboxDispatcher>.Instance);
            await dispatcher.StartAsync(CancellationToken.None);
            return new Instance(services, dispatcher);
        }

        public async ValueTask DisposeAsync()
        {
            await dispatcher.StopAsync(CancellationToken.None);
            dispatcher.Dispose();
            await services.DisposeAsync();
        }
    }
}

public sealed class SqliteDispatcherTests(SqliteTestDatabase database) : DispatcherContract(database), IClassFixture<SqliteTestDatabase>;

public sealed class PostgresDispatcherTests(PostgresTestDatabase database) : DispatcherContract(database), IClassFixture<PostgresTestDatabase>;

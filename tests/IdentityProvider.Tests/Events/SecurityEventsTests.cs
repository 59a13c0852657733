using IdentityProvider.Protocol;
using IdentityProvider.Protocol.Events;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace IdentityProvider.Tests.Events;

/// <summary>Between whoever reports an event and the sinks.</summary>
public sealed class SecurityEventsTests
{
    [Fact]
    public async Task What_was_reported_before_a_stop_is_written_in_order()
    {
        var sink = new Sink();
        using var events = New(sink);
        await events.StartAsync(CancellationToken.None);
        for (var i = 0; i < 1000; i++)
        {
            events.Report(Event($"{i}"));
        }

        await events.StopAsync(CancellationToken.None);

        Assert.Equal(Enumerable.Range(0, 1000).Select(i => $"{i}"), sink.Types);
        Assert.True(sink.Batches < 1000);
    }

    [Fact]
    public async Task A_sink_that_fails_stops_neither_the_others_nor_what_comes_later()
    {
        var (failing, sink) = (new Sink { Fails = true }, new Sink());
        using var events = New(failing, sink);
        await events.StartAsync(CancellationToken.None);
        events.Report(Event("one"));
        await sink.HasAsync(1);
        events.Report(Event("two"));

        await events.StopAsync(CancellationToken.None);

        Assert.Equal(["one", "two"], sink.Types);
        Assert.Equal(2, failing.Batches);
    }

    [Fact]
    public async Task A_flood_while_a_sink_is_stuck_neither_waits_nor_grows()
    {
        var sink = new Sink();
        var stuck = new TaskCompletionSource();
        sink.Gate = stuck.Task;
        using var events = New(sink);
        await events.StartAsync(CancellationToken.None);

        for (var i = 0; i < 20_000; i++)
        {
            events.Report(Event("flood"));
        }

        stuck.SetResult();
        await events.StopAsync(CancellationToken.None);
        Assert.InRange(sink.Types.Count, 4096, 4096 + 256);
    }

    private static SecurityEvents New(params IEventSink[] sinks) => new(
        sinks,
        new ServiceCollection().AddMetrics().AddSingleton<ProtocolMetrics>().BuildServiceProvider().GetRequiredService<ProtocolMetrics>(),
        NullLogger<SecurityEvents>.Instance);

    private static SecurityEvent Event(string type) => new() { Type = type, OccurredAt = DateTimeOffset.UnixEpoch };

    private sealed class Sink : IEventSink
    {
        private readonly SemaphoreSlim _written = new(0);

        public bool Fails { get; init; }

        public Task Gate { get; set; } = Task.CompletedTask;

        public List<string> Types { get; } = [];

        public int Batches { get; private set; }

        public async Task HasAsync(int batches)
        {
            for (var i = 0; i < batches; i++)
            {
                Assert.True(await _written.WaitAsync(TimeSpan.FromSeconds(30)));
            }
        }

        public async Task WriteAsync(IReadOnlyList<SecurityEvent> events, CancellationToken cancellationToken)
        {
            Batches++;
            if (Fails)
            {
                throw new InvalidOperationException("The test wants it so.");
            }

            await Gate;
            Types.AddRange(events.Select(it => it.Type));
            _written.Release();
        }
    }
}

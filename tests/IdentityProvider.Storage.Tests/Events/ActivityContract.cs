using IdentityProvider.Accounts.Activity;
using IdentityProvider.Accounts.Events;
using IdentityProvider.Protocol.Events;
using IdentityProvider.Storage.Tests.Databases;
using IdentityProvider.Storage.Tests.Grants;
using Xunit;

namespace IdentityProvider.Storage.Tests.Events;

/// <summary>The events of a person, page by page.</summary>
public abstract class ActivityContract(TestDatabase database)
{
    [Fact]
    public async Task The_latest_come_first_and_pages_follow_without_a_gap_among_those_of_one_moment()
    {
        var (person, other) = (Scene.Id(), Scene.Id());
        var start = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
        await database.Get<IEventSink>().WriteAsync(
            [.. Enumerable.Range(0, 10).SelectMany(index => new[] { Event(person, $"{index}", start.AddSeconds(index / 3)), Event(other, "other", start) })], CancellationToken.None);

        var store = database.Get<IActivityStore>();
        var seen = new List<ActivityEntry>();
        ActivityCursor? below = null;
        while (await store.ListAsync(person, below, 4, CancellationToken.None) is { Count: > 0 } page)
        {
            seen.AddRange(page);
            below = new ActivityCursor(page[^1].OccurredAt, page[^1].Id);
        }

        Assert.Equal(10, seen.Count);
        Assert.Equal(10, seen.Select(entry => entry.Type).Distinct().Count());
        Assert.Equal(seen.OrderByDescending(entry => entry.OccurredAt).ThenByDescending(entry => entry.Id), seen);
        Assert.Equal(("192.0.2.1", "Firefox", "client"), (seen[0].RemoteAddress, seen[0].UserAgent, seen[0].ClientId));
    }

    [Fact]
    public async Task What_an_operator_did_is_told_from_what_the_person_did()
    {
        var person = Scene.Id();
        var start = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
        await database.Get<IEventSink>().WriteAsync(
            [
                Event(person, "theirs", start) with { Detail = ChangeNotice.ByOperator },
                Event(person, "other", start.AddSeconds(1)) with { Detail = "something else" },
                Event(person, "own", start.AddSeconds(2)),
            ],
            CancellationToken.None);

        var entries = await database.Get<IActivityStore>().ListAsync(person, null, 10, CancellationToken.None);

        Assert.Equal([("own", false), ("other", false), ("theirs", true)], entries.Select(entry => (entry.Type, entry.ByOperator)));
    }

    private static SecurityEvent Event(Guid person, string type, DateTimeOffset moment) => new()
    {
        Type = type,
        OccurredAt = moment,
        SubjectId = person,
        ClientId = "client",
        RemoteAddress = "192.0.2.1",
        UserAgent = "Firefox",
    };
}

public sealed class SqliteActivityTests(SqliteTestDatabase database) : ActivityContract(database), IClassFixture<SqliteTestDatabase>;

public sealed class PostgresActivityTests(PostgresTestDatabase database) : ActivityContract(database), IClassFixture<PostgresTestDatabase>;

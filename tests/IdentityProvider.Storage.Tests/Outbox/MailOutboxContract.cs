using IdentityProvider.Accounts.Notifications;
using IdentityProvider.Protocol.Outbox;
using IdentityProvider.Storage.Outbox;
using IdentityProvider.Storage.Tests.Databases;
using IdentityProvider.Storage.Tests.Grants;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace IdentityProvider.Storage.Tests.Outbox;

/// <summary>What operators see of the mails that wait, and can do about them.</summary>
public abstract class MailOutboxContract(TestDatabase database) : IAsyncLifetime
{
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);

    private IMailOutbox Mails => database.Get<IMailOutbox>();

    private IOutboxStore Outbox => database.Get<IOutboxStore>();

    /// <summary>Operators see the whole table, so each test has it for itself.</summary>
    public async Task InitializeAsync()
    {
        await using var context = database.Context();
        await context.Set<OutboxRow>().ExecuteDeleteAsync();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_mail_that_was_written_is_due_at_once_and_comes_back_as_it_was()
    {
        var mail = Mail("alice@example.com") with { Culture = "de", Sealed = "box", VoidAfter = Scene.Ago(-s_minute) };
        await Mails.EnqueueAsync(mail, CancellationToken.None);

        var queued = Assert.Single(await ListAsync());
        Assert.Equal((mail.Template, mail.To, 0, null, null), (queued.Template, queued.To, queued.Attempts, queued.GivenUpAt, queued.LastError));
        Assert.InRange(queued.CreatedAt, Scene.Ago(s_minute), Scene.Ago(-s_minute));
        Assert.Equal(queued.CreatedAt, queued.DueAt);
        var claimed = Assert.Single(await ClaimAsync());
        Assert.Equal((queued.Id, mail.ToPayload()), (claimed.Id, claimed.Payload));
    }

    [Fact]
    public async Task A_mail_is_tried_for_its_own_lifetime()
    {
        await Mails.EnqueueAsync(Mail("a@example.com"), CancellationToken.None);
        await Mails.EnqueueAsync(Mail("b@example.com") with { Lifetime = TimeSpan.FromHours(1) }, CancellationToken.None);

        await using var context = database.Context();
        var rows = await context.Set<OutboxRow>().OrderBy(row => row.Id).ToListAsync();
        Assert.Equal([OutgoingMail.UsualLifetime, TimeSpan.FromHours(1)], rows.Select(row => row.ExpiresAt - row.CreatedAt));
    }

    [Fact]
    public async Task The_latest_mails_are_listed_as_many_as_are_asked_for_and_nothing_else()
    {
        foreach (var name in new[] { "first", "second", "third" })
        {
            await Mails.EnqueueAsync(Mail($"{name}@example.com"), CancellationToken.None);
        }

        await WriteNoticeAsync();

        Assert.Equal(["third@example.com", "second@example.com"], (await Mails.ListAsync(2, CancellationToken.None)).Select(mail => mail.To));
        Assert.Equal(3, (await ListAsync()).Count);
    }

    [Fact]
    public async Task Who_claimed_postponed_and_gave_up_is_seen_with_the_reason()
    {
        await Mails.EnqueueAsync(Mail("alice@example.com"), CancellationToken.None);
        Assert.True(await Outbox.PostponeAsync(Assert.Single(await ClaimAsync()), TimeSpan.FromHours(1), "no server"));
        var waiting = Assert.Single(await ListAsync());
        Assert.Equal((1, "no server", null, false), (waiting.Attempts, waiting.LastError, waiting.GivenUpAt, waiting.IsUnderWay));
        Assert.InRange(waiting.DueAt, Scene.Ago(-59 * s_minute), Scene.Ago(-61 * s_minute));

        await GiveUpAsync("alice@example.com", "no such mailbox");

        var given = Assert.Single(await ListAsync());
        Assert.Equal("no such mailbox", given.LastError);
        Assert.InRange(given.GivenUpAt!.Value, Scene.Ago(s_minute), Scene.Ago(-s_minute));
    }

    [Fact]
    public async Task A_mail_that_is_tried_again_is_due_now_and_no_other_one_is()
    {
        var asked = await PostponedAsync("asked@example.com");
        var other = await PostponedAsync("other@example.com");
        var given = await GiveUpAsync("given@example.com", "why");

        Assert.Equal(1, await Mails.RetryAsync(asked, CancellationToken.None));
        Assert.Equal([asked], (await ClaimAsync()).Select(message => message.Id));
        Assert.Equal(1, await Mails.RetryAsync(given, CancellationToken.None));
        Assert.Equal([given], (await ClaimAsync()).Select(message => message.Id));

        var mails = await ListAsync();
        Assert.All(mails, mail => Assert.Null(mail.GivenUpAt));
        Assert.InRange(mails.Single(mail => mail.Id == other).DueAt, Scene.Ago(-59 * s_minute), Scene.Ago(-61 * s_minute));
    }

    [Fact]
    public async Task A_mail_that_is_being_sent_is_not_sent_again_for_who_asks_meanwhile()
    {
        var mail = await PostponedAsync("alice@example.com");
        Assert.Equal(1, await Mails.RetryAsync(mail, CancellationToken.None));
        var claimed = Assert.Single(await ClaimAsync());
        Assert.True(Assert.Single(await ListAsync()).IsUnderWay);

        Assert.Equal(0, await Mails.RetryAsync(mail, CancellationToken.None));

        Assert.Empty(await ClaimAsync());
        await Outbox.RemoveAsync(claimed);
        Assert.Empty(await ListAsync());
    }

    [Fact]
    public async Task Without_a_number_all_that_were_given_up_are_tried_again_and_only_they()
    {
        var waiting = await PostponedAsync("waiting@example.com");
        var given = new[] { await GiveUpAsync("a@example.com", "why"), await GiveUpAsync("b@example.com", "why") };
        var notice = await WriteNoticeAsync(givenUp: true);

        Assert.Equal(2, await Mails.RetryAsync(null, CancellationToken.None));

        Assert.Equal(given, (await ClaimAsync()).Select(message => message.Id).Order());
        Assert.DoesNotContain(waiting, (await ClaimAsync()).Select(message => message.Id));
        await using var context = database.Context();
        Assert.NotNull((await context.Set<OutboxRow>().SingleAsync(row => row.Id == notice)).GivenUpAt);
        Assert.Equal(0, await Mails.RetryAsync(null, CancellationToken.None));
    }

    [Fact]
    public async Task What_is_no_mail_or_not_there_cannot_be_tried_again()
    {
        var notice = await WriteNoticeAsync(givenUp: true);

        Assert.Equal(0, await Mails.RetryAsync(notice, CancellationToken.None));
        Assert.Equal(0, await Mails.RetryAsync(notice + 1000, CancellationToken.None));
    }

    private static OutgoingMail Mail(string to) => new()
    {
        Template = MailTemplates.PasswordChanged, To = to, Values = new Dictionary<string, string> { ["username"] = "alice" },
    };

    private Task<IReadOnlyList<QueuedMail>> ListAsync() => Mails.ListAsync(100, CancellationToken.None);

    private Task<IReadOnlyList<OutboxMessage>> ClaimAsync() => Outbox.ClaimAsync(OutgoingMail.Kind, 10, s_minute, CancellationToken.None);

    private async Task<long> PostponedAsync(string to)
    {
        await Mails.EnqueueAsync(Mail(to), CancellationToken.None);
        var claimed = Assert.Single(await ClaimAsync());
        Assert.True(await Outbox.PostponeAsync(claimed, TimeSpan.FromHours(1), "why"));
        return claimed.Id;
    }

    /// <summary>A mail to this address that was given up: the one that waits, or a new one.</summary>
    private async Task<long> GiveUpAsync(string to, string reason)
    {
        if ((await ListAsync()).SingleOrDefault(mail => mail.To == to) is { } waiting)
        {
            await Mails.RetryAsync(waiting.Id, CancellationToken.None);
        }
        else
        {
            await Mails.EnqueueAsync(Mail(to), CancellationToken.None);
        }

        var claimed = Assert.Single(await ClaimAsync());
        await Outbox.GiveUpAsync(claimed, reason);
        return claimed.Id;
    }

    /// <summary>A message of another kind.</summary>
    private async Task<long> WriteNoticeAsync(bool givenUp = false)
    {
        await using var context = database.Context();
        var row = new OutboxRow
        {
            Kind = "backchannel_logout", Payload = "{}", Attempts = 0, DueAt = Scene.Ago(s_minute), CreatedAt = Scene.Ago(s_minute),
            ExpiresAt = Scene.Ago(-s_minute), GivenUpAt = givenUp ? Scene.Ago(s_minute) : null,
        };
        context.Add(row);
        await context.SaveChangesAsync();
        return row.Id;
    }
}

public sealed class SqliteMailOutboxTests(SqliteTestDatabase database) : MailOutboxContract(database), IClassFixture<SqliteTestDatabase>;

public sealed class PostgresMailOutboxTests(PostgresTestDatabase database) : MailOutboxContract(database), IClassFixture<PostgresTestDatabase>;

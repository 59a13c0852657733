using System.Globalization;
using IdentityProvider.Accounts.Notifications;
using IdentityProvider.Protocol.Events;
using IdentityProvider.Protocol.Grants;
using IdentityProvider.Storage.Events;
using IdentityProvider.Storage.Outbox;
using IdentityProvider.Storage.Sessions;
using IdentityProvider.Storage.Tests.Databases;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace IdentityProvider.Storage.Tests.Grants;

/// <summary>What follows when a used refresh token comes again, and what holds a token to its device.</summary>
public abstract class ReuseContract(TestDatabase database)
{
    private const int Presenters = 16;

    private static readonly TimeSpan _afterRetryWindow = TimeSpan.FromSeconds(31);

    [Theory]
    [InlineData(ReuseReaction.RevokeFamily)]
    [InlineData(ReuseReaction.RevokeSession)]
    [InlineData(ReuseReaction.RevokeAll)]
    public async Task Reuse_ends_what_the_reaction_says_and_no_more(ReuseReaction reaction)
    {
        var scene = await Scene.CreateAsync(database);
        var other = await OtherSessionAsync(scene);
        var sibling = await scene.FamilyAsync(code => code with { EndsWithSession = true });
        var elsewhere = await scene.FamilyAsync(code => code with { EndsWithSession = true, SessionId = other });
        var stranger = await (await Scene.CreateAsync(database)).FamilyAsync(code => code with { EndsWithSession = true });
        var reused = await UsedUpAsync(scene) with { OnReuse = reaction };

        Assert.Equal(RefreshVerdict.ReuseDetected, await scene.RefreshAsync(reused));

        Assert.False(await scene.IsActiveAsync(reused.FamilyId));
        Assert.Equal(reaction == ReuseReaction.RevokeFamily, await scene.IsActiveAsync(sibling.FamilyId));
        Assert.Equal(reaction != ReuseReaction.RevokeAll, await scene.IsActiveAsync(elsewhere.FamilyId));
        Assert.Equal(RefreshVerdict.Rotated, (await scene.Grants.RefreshAsync(stranger)).Verdict);
        await using var context = database.Context();
        var ended = await context.Set<SessionRow>().Where(row => row.UserId == scene.UserId && row.EndedAt != null).ToListAsync();
        Assert.Equal((int)reaction, ended.Count);
        Assert.All(ended, session => Assert.Equal(SecurityEventTypes.RefreshTokenReused, session.EndReason));
        Assert.Equal(reaction == ReuseReaction.RevokeAll ? 1 : 0, (await context.Users.SingleAsync(user => user.Id == scene.UserId)).Epoch);
    }

    [Theory]
    [InlineData(ReuseReaction.RevokeSession)]
    [InlineData(ReuseReaction.RevokeAll)]
    public async Task The_clients_of_a_session_that_reuse_has_ended_are_told(ReuseReaction reaction)
    {
        // A client without a row is told in any case: the delivery knows whether it wants to be.
        var scene = await Scene.CreateAsync(database, registerClient: false);
        var reused = await UsedUpAsync(scene) with { OnReuse = reaction };

        await scene.RefreshAsync(reused);

        await using var context = database.Context();
        var payload = Assert.Single(await context.Set<OutboxRow>().Where(row => row.Kind == "backchannel_logout").ToListAsync(), row => row.Payload.Contains(scene.ClientId, StringComparison.Ordinal)).Payload;
        Assert.Contains(scene.SessionId.ToString(), payload, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Reuse_presented_many_times_at_once_is_one_event_and_one_mail()
    {
        var scene = await Scene.CreateAsync(database);
        var reused = await UsedUpAsync(scene) with { Network = "198.51.100.0/24", UserAgent = "curl" };
        await using (var person = database.Context())
        {
            await person.Users.Where(user => user.Id == scene.UserId).ExecuteUpdateAsync(user => user.SetProperty(it => it.Culture, "de"));
        }

        var presented = Presented.TokenAtOnce(scene.Grants, reused, Presenters);

        Assert.Single(presented, it => it.Verdict == nameof(RefreshVerdict.ReuseDetected));
        Assert.Equal(Presenters - 1, presented.Count(it => it.Verdict == nameof(RefreshVerdict.Dead)));
        await using var context = database.Context();
        var row = Assert.Single(await context.Set<SecurityEventRow>().Where(it => it.SubjectId == scene.UserId).ToListAsync());
        Assert.Equal(SecurityEventTypes.RefreshTokenReused, row.Type);
        Assert.Equal((scene.ClientId, scene.SessionId, reused.FamilyId), (row.ClientId, row.SessionId!.Value, row.GrantId!.Value));
        Assert.Equal(("198.51.100.0/24", "curl"), (row.Network, row.UserAgent));
        var mail = Assert.Single(await MailsAsync(scene));
        Assert.Equal((MailTemplates.TokenReused, "u@example.org", "de"), (mail.Template, mail.To, mail.Culture));
        Assert.Equal(("u" + scene.UserId.ToString("N"), scene.ClientId), (mail.Values["username"], mail.Values["client"]));
        Assert.Equal(row.OccurredAt, DateTimeOffset.Parse(mail.Values["time"], CultureInfo.InvariantCulture), TimeSpan.FromSeconds(1));
    }

    [Theory]
    [InlineData("u@example.org", false)]
    [InlineData(null, true)]
    public async Task Nobody_is_written_to_without_an_address_that_is_verified(string? email, bool confirmed)
    {
        var scene = await Scene.CreateAsync(database);
        await using (var context = database.Context())
        {
            await context.Users.Where(user => user.Id == scene.UserId)
                .ExecuteUpdateAsync(user => user.SetProperty(it => it.EmailConfirmed, confirmed).SetProperty(it => it.Email, email));
        }

        Assert.Equal(RefreshVerdict.ReuseDetected, await scene.RefreshAsync(await UsedUpAsync(scene)));

        await using var outbox = database.Context();
        Assert.False(await outbox.Set<OutboxRow>().AnyAsync(row => row.Kind == OutgoingMail.Kind && row.Payload.Contains(scene.ClientId)));
    }

    [Theory]
    [InlineData(ReuseReaction.RevokeSession)]
    [InlineData(ReuseReaction.RevokeAll)]
    public async Task A_session_that_has_ended_keeps_its_first_reason(ReuseReaction reaction)
    {
        var scene = await Scene.CreateAsync(database);
        var reused = await UsedUpAsync(scene) with { OnReuse = reaction };
        await scene.EndSessionAsync();

        Assert.Equal(RefreshVerdict.ReuseDetected, await scene.RefreshAsync(reused));

        Assert.Equal("logout", (await SessionAsync(scene)).EndReason);
    }

    [Theory]
    [InlineData(ReuseReaction.RevokeFamily)]
    [InlineData(ReuseReaction.RevokeSession)]
    [InlineData(ReuseReaction.RevokeAll)]
    public async Task Verdicts_other_than_reuse_end_nothing_and_write_neither_event_nor_mail(ReuseReaction reaction)
    {
        var scene = await Scene.CreateAsync(database);
        var first = await scene.FamilyAsync() with { OnReuse = reaction };
        var second = await scene.RotateAsync(first);
        Assert.Equal(RefreshVerdict.RetriedElsewhere, await scene.RefreshAsync(first with { UserAgent = "curl" }));
        await scene.RotateAsync(second);
        Assert.Equal(RefreshVerdict.Stale, await scene.RefreshAsync(first));
        await scene.AgeRotationAsync(first.FamilyId, _afterRetryWindow);
        Assert.Equal(RefreshVerdict.LateUnbound, await scene.RefreshAsync(second));

        Assert.Empty(await MailsAsync(scene));
        Assert.Null((await SessionAsync(scene)).EndedAt);
        await using var context = database.Context();
        Assert.Equal(0, (await context.Users.SingleAsync(user => user.Id == scene.UserId)).Epoch);
        Assert.Empty(await context.Set<SecurityEventRow>().Where(it => it.SubjectId == scene.UserId).ToListAsync());
    }

    [Fact]
    public async Task The_store_keeps_events_until_their_time_is_over_and_none_twice()
    {
        var scene = await Scene.CreateAsync(database);
        var old = new SecurityEvent { Type = "old", OccurredAt = Scene.Ago(TimeSpan.FromDays(91)), SubjectId = scene.UserId };
        var recent = old with { Type = "recent", OccurredAt = Scene.Ago(TimeSpan.FromDays(89)), Network = "192.0.2.0/24" };
        await database.Get<IEventSink>().WriteAsync([old, recent, recent with { Recorded = true }], CancellationToken.None);

        await database.Cleanup().RunAsync(CancellationToken.None);

        await using var context = database.Context();
        var kept = Assert.Single(await context.Set<SecurityEventRow>().Where(it => it.SubjectId == scene.UserId).ToListAsync());
        Assert.Equal(("recent", "192.0.2.0/24"), (kept.Type, kept.Network));
    }

    [Fact]
    public async Task A_genuine_token_that_is_refused_says_whose_it_was()
    {
        var scene = await Scene.CreateAsync(database);
        var reused = await UsedUpAsync(scene);
        Assert.Null((await scene.Grants.RefreshAsync(reused with { ClientId = "another" })).Grant);

        var outcome = await scene.Grants.RefreshAsync(reused);

        Assert.False(outcome.Accepted);
        Assert.Null(outcome.Subject);
        Assert.Equal((scene.UserId, scene.SessionId, reused.FamilyId), (outcome.Grant!.SubjectId, outcome.Grant.SessionId, outcome.Grant.Id));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_use_from_another_network_or_user_agent_is_told_once(bool rotate)
    {
        var scene = await Scene.CreateAsync(database);
        var token = await scene.FamilyAsync() with { Rotate = rotate };
        foreach (var (network, userAgent, moved) in new[]
        {
            ("192.0.2.0/24", "Firefox", false),
            ("198.51.100.0/24", "Firefox", true),
            ("198.51.100.0/24", "Firefox", false),
            ("198.51.100.0/24", "curl", true),
            ("198.51.100.0/24", "curl", false),
        })
        {
            token = token with { Network = network, UserAgent = userAgent };
            var outcome = await scene.Grants.RefreshAsync(token);
            Assert.True(outcome.Accepted);
            Assert.Equal(moved, outcome.Moved);
            token = rotate ? Scene.Successor(token) : token;
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_token_held_to_its_device_is_refused_elsewhere_and_nothing_changes(bool rotate)
    {
        var scene = await Scene.CreateAsync(database);
        var code = await scene.IssueAsync() with { Network = "192.0.2.0/24", UserAgent = "Firefox" };
        Assert.Equal(CodeVerdict.Redeemed, (await scene.Grants.RedeemCodeAsync(code)).Verdict);
        var token = await scene.FamilyAsync() with { FamilyId = code.GrantId, SecretHash = code.RefreshSecretHash, RequireSameDevice = true, Rotate = rotate };

        Assert.Equal(RefreshVerdict.WrongDevice, await scene.RefreshAsync(token with { Network = "198.51.100.0/24" }));
        Assert.Equal(RefreshVerdict.WrongDevice, await scene.RefreshAsync(token with { UserAgent = "curl" }));

        Assert.True((await scene.Grants.RefreshAsync(token)).Accepted);
        if (rotate)
        {
            Assert.Equal(RefreshVerdict.WrongDevice, await scene.RefreshAsync(token with { UserAgent = "curl" }));
            Assert.Equal(RefreshVerdict.Retried, await scene.RefreshAsync(token));
        }
    }

    [Fact]
    public async Task A_token_whose_device_is_not_known_is_bound_at_its_first_use()
    {
        var scene = await Scene.CreateAsync(database);
        var token = await scene.FamilyAsync() with { RequireSameDevice = true };
        var next = await scene.RotateAsync(token);
        Assert.Equal(RefreshVerdict.WrongDevice, await scene.RefreshAsync(next with { Network = "198.51.100.0/24" }));
        await scene.RotateAsync(next);
    }

    /// <summary>A refresh token whose successor has been used, a while ago.</summary>
    private static async Task<RefreshPresentation> UsedUpAsync(Scene scene)
    {
        var token = await scene.FamilyAsync();
        await scene.RotateAsync(await scene.RotateAsync(token));
        await scene.AgeRotationAsync(token.FamilyId, _afterRetryWindow);
        return token;
    }

    private static async Task<Guid> OtherSessionAsync(Scene scene)
    {
        var id = Scene.Id();
        Assert.True(await scene.SaveSessionAsync(session => session with { Id = id, HandleHash = Scene.Bytes() }));
        return id;
    }

    private async Task<SessionRow> SessionAsync(Scene scene)
    {
        await using var context = database.Context();
        return await context.Set<SessionRow>().AsNoTracking().SingleAsync(row => row.Id == scene.SessionId);
    }

    private async Task<List<OutgoingMail>> MailsAsync(Scene scene)
    {
        await using var context = database.Context();
        var payloads = await context.Set<OutboxRow>().Where(row => row.Kind == OutgoingMail.Kind).Select(row => row.Payload).ToListAsync();
        return [.. payloads.Select(OutgoingMail.Parse).Where(mail => mail.Values["username"] == "u" + scene.UserId.ToString("N"))];
    }
}

public sealed class SqliteReuseTests(SqliteTestDatabase database) : ReuseContract(database), IClassFixture<SqliteTestDatabase>;

public sealed class PostgresReuseTests(PostgresTestDatabase database) : ReuseContract(database), IClassFixture<PostgresTestDatabase>;

using System.Text.Json;
using IdentityProvider.Accounts.Sessions;
using IdentityProvider.Protocol.Clients;
using IdentityProvider.Protocol.Grants;
using IdentityProvider.Protocol.Logout;
using IdentityProvider.Storage.Outbox;
using IdentityProvider.Storage.Sessions;
using IdentityProvider.Storage.Tests.Databases;
using IdentityProvider.Storage.Tests.Grants;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace IdentityProvider.Storage.Tests.Outbox;

/// <summary>A session does not end without the messages to its clients, and no client of another session gets one.</summary>
public abstract class LogoutNoticeContract(TestDatabase database)
{
    private ISessionStore Sessions => database.Get<ISessionStore>();

    [Fact]
    public async Task The_end_of_a_session_leaves_a_message_for_each_client_that_wants_to_be_told()
    {
        var scene = await Scene.CreateAsync(database);
        var (told, silent, foreign) = (await AddClientAsync("https://told.example/logout"), scene.ClientId, "host-" + Scene.Id().ToString("N"));
        await AddClientAsync("https://absent.example/logout");
        foreach (var client in new[] { told, silent, told, foreign })
        {
            await scene.IssueAsync(code => code with { ClientId = client });
        }

        var clients = await Sessions.EndAsync(scene.SessionId, "logout");

        Assert.Equal([told, silent, foreign], clients);
        var notices = await NoticesAsync(scene);
        Assert.Equal(new[] { told, foreign }.Order(), notices.Select(notice => notice.ClientId).Order());
        Assert.All(notices, notice => Assert.Equal((scene.UserId, scene.SessionId, false), (notice.SubjectId, notice.SessionId, notice.Expired)));
    }

    [Fact]
    public async Task A_session_ends_once()
    {
        var scene = await SignedInAsync();
        Assert.NotNull(await Sessions.EndAsync(scene.SessionId, "logout"));

        Assert.Null(await Sessions.EndAsync(scene.SessionId, "logout"));
        Assert.Null(await Sessions.EndAsync(Scene.Id(), "logout"));

        Assert.Single(await NoticesAsync(scene));
    }

    [Fact]
    public async Task A_session_renewed_by_the_same_person_keeps_its_clients()
    {
        var scene = await SignedInAsync();
        await scene.SaveSessionAsync(session => session with { HandleHash = Scene.Bytes() });

        Assert.Single((await Sessions.EndAsync(scene.SessionId, "logout"))!);
    }

    [Fact]
    public async Task A_message_is_due_at_once_and_expires_after_a_day()
    {
        var scene = await SignedInAsync();
        await Sessions.EndAsync(scene.SessionId, "logout");

        var row = Assert.Single(await RowsAsync(scene));
        Assert.Equal((LogoutNotice.Kind, 0, row.CreatedAt, row.CreatedAt.AddDays(1)), (row.Kind, row.Attempts, row.DueAt, row.ExpiresAt));
        Assert.InRange(row.CreatedAt, Scene.Ago(TimeSpan.FromMinutes(1)), Scene.Ago(TimeSpan.FromSeconds(-5)));
    }

    [Fact]
    public async Task A_session_whose_time_is_over_leaves_its_messages_when_it_is_deleted()
    {
        var (over, ended) = (await SignedInAsync(), await SignedInAsync());
        await ended.EndSessionAsync();
        await over.ExpireSessionAsync(absolute: true);
        await ended.ExpireSessionAsync(absolute: true);

        await database.Cleanup().RunAsync(CancellationToken.None);

        Assert.True(Assert.Single(await NoticesAsync(over)).Expired);
        Assert.False(Assert.Single(await NoticesAsync(ended)).Expired);
        await using var context = database.Context();
        Assert.False(await context.Set<SessionRow>().AnyAsync(row => row.Id == over.SessionId || row.Id == ended.SessionId));
    }

    [Fact]
    public async Task A_message_that_has_expired_is_cleaned_up()
    {
        var scene = await SignedInAsync();
        await scene.EndSessionAsync();
        var id = Assert.Single(await RowsAsync(scene)).Id;
        var past = Scene.Ago(TimeSpan.FromSeconds(1));
        await using var context = database.Context();
        await context.Set<OutboxRow>().Where(row => row.Id == id).ExecuteUpdateAsync(row => row.SetProperty(it => it.ExpiresAt, past));

        await database.Cleanup().RunAsync(CancellationToken.None);

        Assert.Empty(await RowsAsync(scene));
    }

    /// <summary>A session with one client, which wants to be told.</summary>
    private async Task<Scene> SignedInAsync()
    {
        var scene = await Scene.CreateAsync(database);
        var told = await AddClientAsync("https://told.example/logout");
        await scene.IssueAsync(code => code with { ClientId = told });
        return scene;
    }

    private async Task<string> AddClientAsync(string logoutUri)
    {
        var client = new Client { ClientId = "told-" + Scene.Id().ToString("N"), BackChannelLogoutUri = logoutUri };
        await database.Get<ICatalogStore>().ApplyAsync(new CatalogContents { Clients = [client] }, new CatalogRemovals(), CancellationToken.None);
        return client.ClientId;
    }

    private async Task<IReadOnlyList<LogoutNotice>> NoticesAsync(Scene scene) =>
        [.. (await RowsAsync(scene)).Select(row => JsonSerializer.Deserialize<LogoutNotice>(row.Payload)!)];

    private async Task<IReadOnlyList<OutboxRow>> RowsAsync(Scene scene)
    {
        await using var context = database.Context();
        var rows = await context.Set<OutboxRow>().AsNoTracking().ToListAsync();
        return [.. rows.Where(row => row.Payload.Contains(scene.SessionId.ToString("D"), StringComparison.OrdinalIgnoreCase))];
    }
}

public sealed class SqliteLogoutNoticeTests(SqliteTestDatabase database) : LogoutNoticeContract(database), IClassFixture<SqliteTestDatabase>;

public sealed class PostgresLogoutNoticeTests(PostgresTestDatabase database) : LogoutNoticeContract(database), IClassFixture<PostgresTestDatabase>
{
    private readonly PostgresTestDatabase _database = database;

    /// <summary>A code that is being issued joins its client to the session; whoever ends the session meanwhile waits, and sees it.</summary>
    [Fact]
    public async Task A_client_that_joins_while_the_session_ends_is_told_or_gets_a_dead_code()
    {
        for (var round = 0; round < 20; round++)
        {
            var scene = await Scene.CreateAsync(_database);
            var code = scene.NewCode();
            var issue = Task.Run(() => scene.Grants.IssueCodeAsync(code));
            var end = Task.Run(() => _database.Get<ISessionStore>().EndAsync(scene.SessionId, "logout"));
            var (verdict, clients) = (await issue, (await end)!);
            if (clients.Count == 0)
            {
                var redeemed = await scene.Grants.RedeemCodeAsync(Presented(code));
                Assert.NotEqual(CodeVerdict.Redeemed, redeemed.Verdict);
            }
            else
            {
                Assert.Equal(CodeIssueVerdict.Issued, verdict);
            }
        }
    }

    private static CodePresentation Presented(NewAuthorizationCode code) => new()
    {
        CodeHash = code.CodeHash,
        ClientId = code.ClientId,
        ClientAuthenticated = true,
        RedirectUri = code.RedirectUri,
        VerifierChallenge = code.CodeChallenge,
        DoubleSubmitWindow = TimeSpan.FromSeconds(5),
        GrantId = Scene.Id(),
        RefreshSecretHash = Scene.Bytes(),
        RefreshAbsoluteLifetime = TimeSpan.FromDays(30),
        RefreshIdleLifetime = TimeSpan.FromDays(14),
        AccessTokenLifetime = TimeSpan.FromMinutes(15),
    };
}

using IdentityProvider.Protocol.Interactions;
using IdentityProvider.Storage.Consents;
using IdentityProvider.Storage.Devices;
using IdentityProvider.Storage.Events;
using IdentityProvider.Storage.Grants;
using IdentityProvider.Storage.Interactions;
using IdentityProvider.Storage.OneTimeTokens;
using IdentityProvider.Storage.Sessions;
using IdentityProvider.Storage.Tests.Grants;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Xunit;

namespace IdentityProvider.Storage.Tests.Databases;

public abstract class CleanupContract(TestDatabase database)
{
    [Fact]
    public async Task Rows_past_their_time_go_batch_by_batch_and_all_others_stay()
    {
        var scene = await Scene.CreateAsync(database);
        var kept = await scene.FamilyAsync();
        var expired = await scene.FamilyAsync();
        await scene.ExpireGrantAsync(expired.FamilyId, absolute: true);
        var day = TimeSpan.FromDays(1) + TimeSpan.FromMinutes(1);
        await SeedAsync(scene, day);

        await RunAsync();

        await using var context = database.Context();
        Assert.Equal(
            new[] { kept.FamilyId, expired.FamilyId }.Order(),
            (await context.Set<GrantRow>().Select(row => row.Id).ToListAsync()).Order());
        Assert.Equal(2, await context.Set<AuthorizationCodeRow>().CountAsync());
        Assert.Equal(0, await context.Set<ReferenceTokenRow>().CountAsync());
        Assert.Equal(1, await context.Set<RevokedAccessTokenRow>().CountAsync());
        Assert.Equal(scene.SessionId, Assert.Single(await context.Set<SessionRow>().ToListAsync()).Id);
        Assert.Equal("kept", Assert.Single(await context.Set<ConsentRow>().ToListAsync()).ClientId);
        Assert.Equal(0, await RunAsync());
    }

    [Fact]
    public async Task A_parked_request_goes_with_its_time_and_what_a_browser_started_a_day_later()
    {
        await using (var context = database.Context())
        {
            context.Add(Pending(browser: [], age: TimeSpan.FromSeconds(1)));
            context.Add(Pending(browser: [], age: TimeSpan.FromMinutes(-1)));
            context.Add(Pending(browser: Scene.Bytes(), age: TimeSpan.FromHours(23)));
            context.Add(Pending(browser: Scene.Bytes(), age: TimeSpan.FromHours(25)));
            await context.SaveChangesAsync();
        }

        await RunAsync();

        await using var after = database.Context();
        Assert.Equal([0, 32], (await after.Set<InteractionRow>().ToListAsync()).Select(row => row.BrowserHash.Length).Order());
    }

    [Fact]
    public async Task Events_mailed_tokens_and_devices_go_when_their_own_retention_is_over()
    {
        var user = Scene.Id();
        await using (var context = database.Context())
        {
            foreach (var (kept, events, tokens, devices) in new[]
            {
                (Kept: true, Events: TimeSpan.FromDays(89), Tokens: TimeSpan.FromHours(23), Devices: TimeSpan.FromMinutes(-1)),
                (Kept: false, Events: TimeSpan.FromDays(91), Tokens: TimeSpan.FromHours(25), Devices: TimeSpan.FromSeconds(1)),
            })
            {
                var name = kept ? "kept" : "gone";
                context.Add(new SecurityEventRow { Type = name, SubjectId = user, OccurredAt = Scene.Ago(events) });
                context.Add(new OneTimeTokenRow
                {
                    Id = Scene.Id(), Purpose = name, UserId = user, TriesLeft = 5, CreatedAt = Scene.Ago(tokens), ExpiresAt = Scene.Ago(tokens),
                });
                context.Add(new KnownDeviceRow
                {
                    Id = Scene.Id(), UserId = user, SecretHash = Scene.Bytes(), UserAgent = name, Failures = 0,
                    CreatedAt = Scene.Ago(TimeSpan.FromDays(100)), LastSeenAt = Scene.Ago(TimeSpan.FromDays(100)), ExpiresAt = Scene.Ago(devices),
                });
            }

            await context.SaveChangesAsync();
        }

        await RunAsync();

        await using var after = database.Context();
        Assert.Equal(["kept"], await after.Set<SecurityEventRow>().Where(row => row.SubjectId == user).Select(row => row.Type).ToListAsync());
        Assert.Equal(["kept"], await after.Set<OneTimeTokenRow>().Where(row => row.UserId == user).Select(row => row.Purpose).ToListAsync());
        Assert.Equal(["kept"], await after.Set<KnownDeviceRow>().Where(row => row.UserId == user).Select(row => row.UserAgent!).ToListAsync());
    }

    [Fact]
    public async Task A_table_that_cannot_be_cleaned_is_reported_and_keeps_none_of_the_others_from_it()
    {
        await using var context = database.Context();
        context.Add(new RevokedAccessTokenRow { TokenId = Scene.Bytes(), ExpiresAt = Scene.Ago(TimeSpan.FromSeconds(1)) });
        await context.SaveChangesAsync();
        await context.Database.ExecuteSqlAsync($"ALTER TABLE authorization_codes RENAME TO codes_elsewhere");
        try
        {
            var errors = await Assert.ThrowsAsync<AggregateException>(RunAsync);

            Assert.Contains("authorization_codes", Assert.Single(errors.InnerExceptions).Message, StringComparison.Ordinal);
            Assert.False(await context.Set<RevokedAccessTokenRow>().AnyAsync(row => row.ExpiresAt < Scene.Ago(TimeSpan.Zero)));
        }
        finally
        {
            await context.Database.ExecuteSqlAsync($"ALTER TABLE codes_elsewhere RENAME TO authorization_codes");
        }
    }

    protected Task<int> RunAsync() =>
        database.Cleanup().RunAsync(CancellationToken.None);

    private static InteractionRow Pending(byte[] browser, TimeSpan age) => new()
    {
        HandleHash = Scene.Bytes(), BrowserHash = browser, Kind = InteractionKind.Authorize, Parameters = "{}", CreatedAt = Scene.Ago(age), ExpiresAt = Scene.Ago(age),
    };

    private async Task SeedAsync(Scene scene, TimeSpan day)
    {
        await using var context = database.Context();
        for (var i = 0; i < 1100; i++)
        {
            context.Add(new ReferenceTokenRow
            {
                TokenHash = Scene.Bytes(),
                TokenId = Scene.Bytes(),
                ClientId = "web",
                Claims = "{}",
                ExpiresAt = Scene.Ago(TimeSpan.FromSeconds(1)),
            });
        }

        context.Add(new RevokedAccessTokenRow { TokenId = Scene.Bytes(), ExpiresAt = Scene.Ago(TimeSpan.FromSeconds(1)) });
        context.Add(new RevokedAccessTokenRow { TokenId = Scene.Bytes(), ExpiresAt = Scene.Ago(TimeSpan.FromMinutes(-1)) });
        context.Add(new ConsentRow { SubjectId = scene.UserId, ClientId = "kept", Scopes = [], GrantedAt = Scene.Ago(day) });
        context.Add(new ConsentRow
        {
            SubjectId = scene.UserId,
            ClientId = "gone",
            Scopes = [],
            GrantedAt = Scene.Ago(day),
            ExpiresAt = Scene.Ago(TimeSpan.FromSeconds(1)),
        });
        await context.SaveChangesAsync();

        var old = await Scene.CreateAsync(database);
        var grant = await old.FamilyAsync();
        await old.ExpireSessionAsync(absolute: true);
        var (past, longPast) = (Scene.Ago(day), Scene.Ago(day + TimeSpan.FromDays(14)));
        await context.Set<GrantRow>().Where(row => row.Id == grant.FamilyId)
            .ExecuteUpdateAsync(row => row.SetProperty(it => it.AbsoluteExpiresAt, longPast));
        await context.Set<AuthorizationCodeRow>().Where(row => row.SubjectId == old.UserId)
            .ExecuteUpdateAsync(row => row.SetProperty(it => it.ExpiresAt, past));
    }
}

public sealed class SqliteCleanupTests(SqliteTestDatabase database) : CleanupContract(database), IClassFixture<SqliteTestDatabase>;

public sealed class PostgresCleanupTests(PostgresTestDatabase database) : CleanupContract(database), IClassFixture<PostgresTestDatabase>
{
    private readonly PostgresTestDatabase _database = database;

    [Fact]
    public async Task Instances_that_clean_up_at_once_share_the_rows_and_wait_for_none_that_is_held()
    {
        const int Rows = 3000;
        await RunAsync();
        var held = Scene.Bytes();
        await using (var context = _database.Context())
        {
            context.AddRange(Enumerable.Range(0, Rows).Select(number => new RevokedAccessTokenRow
            {
                TokenId = number == 0 ? held : Scene.Bytes(), ExpiresAt = Scene.Ago(TimeSpan.FromHours(2) - TimeSpan.FromMilliseconds(number)),
            }));
            await context.SaveChangesAsync();
        }

        await using (var other = await _database.Get<NpgsqlDataSource>().OpenConnectionAsync())
        {
            await using var transaction = await other.BeginTransactionAsync();
            await using var command = new NpgsqlCommand("SELECT 1 FROM revoked_access_tokens WHERE token_id = $1 FOR UPDATE", other);
            command.Parameters.AddWithValue(held);
            await command.ExecuteScalarAsync();

            var deleted = await Task.WhenAll(RunAsync(), RunAsync(), RunAsync());
            Assert.Equal(Rows - 1, deleted.Sum());
        }

        Assert.Equal(1, await RunAsync());
    }
}

using IdentityProvider.Protocol.Grants;
using IdentityProvider.Storage.Grants;
using IdentityProvider.Storage.Tests.Databases;
using Microsoft.EntityFrameworkCore;
using Xunit;
using Xunit.Sdk;

namespace IdentityProvider.Storage.Tests.Grants;

/// <summary>One winner, whoever presents how often at once.</summary>
public abstract class ConcurrencyContract(TestDatabase database)
{
    protected const int Presenters = 32;

    /// <summary>Races are a matter of luck: <c>tests/run.sh --long</c> tries its luck more often.</summary>
    private static readonly int s_rounds = Environment.GetEnvironmentVariable("IDP_TEST_LONG") == "1" ? 50 : 1;

    [Fact]
    public async Task One_code_presented_32_times_at_once_is_redeemed_once()
    {
        for (var round = 0; round < s_rounds; round++)
        {
            await PresentOneCodeAsync();
        }
    }

    [Fact]
    public async Task One_refresh_token_presented_32_times_at_once_has_one_successor()
    {
        for (var round = 0; round < s_rounds; round++)
        {
            await PresentOneRefreshTokenAsync();
        }
    }

    private async Task PresentOneCodeAsync()
    {
        var scene = await Scene.CreateAsync(database);
        var code = await scene.IssueAsync();

        var presented = await PresentAsync(code);

        Assert.Equal(Presenters, presented.Count);
        Assert.Single(presented, it => it.Verdict == nameof(CodeVerdict.Redeemed));
        Assert.Equal(Presenters - 1, presented.Count(it => it.Verdict == nameof(CodeVerdict.DoubleSubmit)));
        var grant = await OnlyGrantAsync(scene);
        Assert.Null(grant.RevokedAt);
    }

    private async Task PresentOneRefreshTokenAsync()
    {
        var scene = await Scene.CreateAsync(database);
        var token = await scene.FamilyAsync();

        var presented = await PresentAsync(token);

        Assert.Equal(Presenters, presented.Count);
        Assert.Single(presented, it => it.Verdict == nameof(RefreshVerdict.Rotated));
        Assert.Equal(Presenters - 1, presented.Count(it => it.Verdict == nameof(RefreshVerdict.Retried)));
        var successor = Assert.Single(presented.Select(it => it.SealedSuccessor).Distinct());
        var grant = await OnlyGrantAsync(scene);
        Assert.Equal(2, grant.Generation);
        Assert.Equal(successor, Convert.ToHexString(grant.SealedSuccessor!));
    }

    protected abstract Task<IReadOnlyList<Presented>> PresentAsync(CodePresentation code);

    protected abstract Task<IReadOnlyList<Presented>> PresentAsync(RefreshPresentation token);

    private async Task<GrantRow> OnlyGrantAsync(Scene scene)
    {
        await using var context = database.Context();
        return await context.Set<GrantRow>().SingleAsync(row => row.SubjectId == scene.UserId);
    }
}

public sealed class SqliteConcurrencyTests(SqliteTestDatabase database) : ConcurrencyContract(database), IClassFixture<SqliteTestDatabase>
{
    private readonly SqliteTestDatabase _database = database;

    [Fact]
    public async Task This_suite_fails_on_a_store_that_checks_before_it_writes()
    {
        var racy = new RacyTests(_database);
        await Assert.ThrowsAnyAsync<XunitException>(racy.One_code_presented_32_times_at_once_is_redeemed_once);
        await Assert.ThrowsAnyAsync<XunitException>(racy.One_refresh_token_presented_32_times_at_once_has_one_successor);
    }

    protected override Task<IReadOnlyList<Presented>> PresentAsync(CodePresentation code) =>
        Task.FromResult(Presented.CodeAtOnce(_database.Grants, code, Presenters));

    protected override Task<IReadOnlyList<Presented>> PresentAsync(RefreshPresentation token) =>
        Task.FromResult(Presented.TokenAtOnce(_database.Grants, token, Presenters));

    private sealed class RacyTests(TestDatabase database) : ConcurrencyContract(database)
    {
        private readonly TestDatabase _database = database;

        protected override Task<IReadOnlyList<Presented>> PresentAsync(CodePresentation code)
        {
            using var racy = new RacyGrantStore(_database.Grants, Presenters);
            return Task.FromResult(Presented.CodeAtOnce(racy, code, Presenters));
        }

        protected override Task<IReadOnlyList<Presented>> PresentAsync(RefreshPresentation token)
        {
            using var racy = new RacyGrantStore(_database.Grants, Presenters);
            return Task.FromResult(Presented.TokenAtOnce(racy, token, Presenters));
        }
    }
}

public sealed class PostgresConcurrencyTests(PostgresTestDatabase database) : ConcurrencyContract(database), IClassFixture<PostgresTestDatabase>
{
    private readonly PostgresTestDatabase _database = database;

    protected override Task<IReadOnlyList<Presented>> PresentAsync(CodePresentation code) =>
        PresenterProcess.PresentAsync(new PresenterTask(_database.Options, Presenters / 2) { Code = code }, processes: 2);

    protected override Task<IReadOnlyList<Presented>> PresentAsync(RefreshPresentation token) =>
        PresenterProcess.PresentAsync(new PresenterTask(_database.Options, Presenters / 2) { Token = token }, processes: 2);
}

using IdentityProvider.Protocol.Grants;
using IdentityProvider.Storage.Grants;
using IdentityProvider.Storage.Tests.Databases;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace IdentityProvider.Storage.Tests.Grants;

/// <summary>The table of verdicts, row by row.</summary>
public abstract class RefreshContract(TestDatabase database)
{
    /// <summary>A statement may read its clock more than once.</summary>
    private static readonly TimeSpan _moment = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan _afterRetryWindow = TimeSpan.FromSeconds(31);
    private static readonly TimeSpan _afterLostResponseWindow = TimeSpan.FromMinutes(11);

    [Fact]
    [Trait("row", "T5")]
    public async Task The_current_token_rotates_and_returns_grant_and_subject()
    {
        var scene = await Scene.CreateAsync(database);
        var token = await scene.FamilyAsync();

        var outcome = await scene.Grants.RefreshAsync(token);

        Assert.Equal(RefreshVerdict.Rotated, outcome.Verdict);
        Assert.Null(outcome.SealedSuccessor);
        Assert.Equal(token.FamilyId, outcome.Grant!.Id);
        Assert.Equal(scene.NewCode().Scopes, outcome.Grant.Scopes);
        Assert.Equal(scene.NewCode().ClaimsRequest, outcome.Grant.ClaimsRequest);
        Assert.Equal(scene.UserId.ToString(), outcome.Subject!.Subject);
        var row = await scene.GrantAsync(token.FamilyId);
        Assert.Equal(2, row.Generation);
        Assert.Equal(outcome.Now, row.RotatedAt!.Value, _moment);
        Assert.Equal(token.SuccessorHash, row.SecretHash);
        Assert.Equal(token.SecretHash, row.PreviousHash);
        Assert.Equal(token.SealedSuccessor, row.SealedSuccessor);
        Assert.Equal(outcome.Now + TimeSpan.FromDays(14), row.IdleExpiresAt, _moment);
        Assert.Equal(RefreshVerdict.Rotated, await scene.RefreshAsync(Scene.Successor(token)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Every_answer_with_tokens_describes_the_person_and_nobody_else(bool rotate)
    {
        await (await Scene.CreateAsync(database)).DescribeUserAsync();
        var scene = await Scene.CreateAsync(database);
        await scene.DescribeUserAsync();
        var token = await scene.FamilyAsync(code => code with { ClaimsRequest = null }) with { Rotate = rotate, WithProfile = true };

        scene.CheckDescribed((await scene.Grants.RefreshAsync(token)).Subject!);
        scene.CheckDescribed((await scene.Grants.RefreshAsync(token)).Subject!);
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("{}", true)]
    public async Task Claims_are_left_out_where_nobody_wants_them_unless_the_request_named_some(string? claimsRequest, bool expected)
    {
        var scene = await Scene.CreateAsync(database);
        var token = await scene.FamilyAsync(code => code with { ClaimsRequest = claimsRequest }) with { WithProfile = false };
        await scene.DescribeUserAsync();
        foreach (var presented in (RefreshPresentation[])[token with { Rotate = false }, token, token])
        {
            var subject = (await scene.Grants.RefreshAsync(presented)).Subject!;
            Assert.Equal((expected, expected), (subject.Claims.Any(claim => claim.Type == "age"), subject.Roles.Any()));
        }

        scene.CheckDescribed((await scene.Grants.RefreshAsync(token with { WithProfile = true })).Subject!);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("row", "T2")]
    public async Task Sliding_ends_at_the_absolute_expiry(bool rotate)
    {
        var scene = await Scene.CreateAsync(database);
        var token = await scene.FamilyAsync() with { SlidingLifetime = TimeSpan.FromDays(60), Rotate = rotate };
        await scene.RefreshAsync(token);
        var row = await scene.GrantAsync(token.FamilyId);
        Assert.Equal(row.AbsoluteExpiresAt, row.IdleExpiresAt);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Without_a_sliding_lifetime_use_extends_nothing(bool rotate)
    {
        var scene = await Scene.CreateAsync(database);
        var token = await scene.FamilyAsync() with { SlidingLifetime = null, Rotate = rotate };
        var before = (await scene.GrantAsync(token.FamilyId)).IdleExpiresAt;
        await scene.RefreshAsync(token);
        Assert.Equal(before, (await scene.GrantAsync(token.FamilyId)).IdleExpiresAt);
    }

    [Fact]
    public async Task A_client_that_does_not_rotate_uses_the_same_token_again()
    {
        var scene = await Scene.CreateAsync(database);
        var token = await scene.FamilyAsync() with { Rotate = false };
        var first = await scene.Grants.RefreshAsync(token);
        var second = await scene.Grants.RefreshAsync(token);
        Assert.Equal((RefreshVerdict.Reused, RefreshVerdict.Reused), (first.Verdict, second.Verdict));
        Assert.NotNull(second.Subject);
        var row = await scene.GrantAsync(token.FamilyId);
        Assert.Equal(1, row.Generation);
        Assert.Equal(second.Now + TimeSpan.FromDays(14), row.IdleExpiresAt, _moment);
    }

    [Fact]
    public async Task A_retry_in_time_gets_the_same_successor_and_changes_nothing()
    {
        var scene = await Scene.CreateAsync(database);
        var token = await scene.FamilyAsync();
        await scene.RotateAsync(token);
        var retry = await scene.Grants.RefreshAsync(token with { SuccessorHash = Scene.Bytes(), SealedSuccessor = Scene.Bytes() });
        Assert.Equal(RefreshVerdict.Retried, retry.Verdict);
        Assert.Equal(token.SealedSuccessor, retry.SealedSuccessor);
        Assert.NotNull(retry.Subject);
        Assert.Equal(token.SuccessorHash, (await scene.GrantAsync(token.FamilyId)).SecretHash);
        Assert.Equal(RefreshVerdict.Rotated, await scene.RefreshAsync(Scene.Successor(token)));
    }

    [Theory]
    [InlineData("198.51.100.0/24", "Firefox")]
    [InlineData("192.0.2.0/24", "curl")]
    public async Task A_retry_from_elsewhere_is_answered_three_times_a_day(string network, string userAgent)
    {
        var scene = await Scene.CreateAsync(database);
        var token = await scene.FamilyAsync();
        await scene.RotateAsync(token);
        var elsewhere = token with { Network = network, UserAgent = userAgent };

        for (var i = 0; i < 3; i++)
        {
            var outcome = await scene.Grants.RefreshAsync(elsewhere);
            Assert.Equal(RefreshVerdict.RetriedElsewhere, outcome.Verdict);
            Assert.Equal(token.SealedSuccessor, outcome.SealedSuccessor);
        }

        Assert.Equal(RefreshVerdict.ReuseDetected, await scene.RefreshAsync(elsewhere));
        Assert.False(await scene.IsActiveAsync(token.FamilyId));
    }

    [Fact]
    public async Task Retries_from_elsewhere_are_counted_across_rotations_and_anew_after_a_day()
    {
        var scene = await Scene.CreateAsync(database);
        var token = await scene.FamilyAsync();
        DateTimeOffset? since = null;
        for (var i = 1; i <= 3; i++)
        {
            var next = await scene.RotateAsync(token);
            Assert.Equal(RefreshVerdict.RetriedElsewhere, await scene.RefreshAsync(token with { Network = "203.0.113.0/24" }));
            token = next;
            var row = await scene.GrantAsync(token.FamilyId);
            Assert.Equal((i, since ?? row.RetriesSince), (row.Retries, row.RetriesSince));
            since = row.RetriesSince;
        }

        Assert.NotNull(since);
        DateTimeOffset? yesterday = Scene.Ago(TimeSpan.FromHours(24));
        await using (var context = database.Context())
        {
            await context.Set<GrantRow>().Where(row => row.Id == token.FamilyId)
                .ExecuteUpdateAsync(row => row.SetProperty(it => it.RetriesSince, yesterday));
        }

        await scene.RotateAsync(token);
        Assert.Equal(RefreshVerdict.RetriedElsewhere, await scene.RefreshAsync(token with { Network = "203.0.113.0/24" }));
        Assert.Equal(1, (await scene.GrantAsync(token.FamilyId)).Retries);
    }

    [Fact]
    public async Task A_retry_is_compared_with_the_place_of_the_last_rotation()
    {
        var scene = await Scene.CreateAsync(database);
        var first = await scene.FamilyAsync();
        var second = await scene.RotateAsync(first) with { Network = "203.0.113.0/24", UserAgent = "curl" };
        await scene.RotateAsync(second);
        Assert.Equal(RefreshVerdict.Retried, await scene.RefreshAsync(second));
    }

    [Fact]
    public async Task An_authenticated_client_may_ask_late_once_per_generation()
    {
        var scene = await Scene.CreateAsync(database);
        var token = await scene.FamilyAsync() with { ClientAuthenticated = true };
        var next = await scene.RotateAsync(token);
        await scene.AgeRotationAsync(token.FamilyId, _afterRetryWindow);

        var late = await scene.Grants.RefreshAsync(token with { Network = "203.0.113.0/24" });
        Assert.Equal(RefreshVerdict.RetriedLate, late.Verdict);
        Assert.Equal(token.SealedSuccessor, late.SealedSuccessor);
        Assert.Equal(RefreshVerdict.LateUnbound, await scene.RefreshAsync(token));
        Assert.True(await scene.IsActiveAsync(token.FamilyId));

        await scene.RotateAsync(next);
        await scene.AgeRotationAsync(token.FamilyId, _afterRetryWindow);
        Assert.Equal(RefreshVerdict.RetriedLate, await scene.RefreshAsync(next));
        var row = await scene.GrantAsync(token.FamilyId);
        Assert.Equal((0, null), (row.Retries, row.RetriesSince));
    }

    [Fact]
    public async Task After_the_lost_response_window_even_an_authenticated_client_is_too_late()
    {
        var scene = await Scene.CreateAsync(database);
        var token = await scene.FamilyAsync() with { ClientAuthenticated = true };
        await scene.RotateAsync(token);
        await scene.AgeRotationAsync(token.FamilyId, _afterLostResponseWindow);
        Assert.Equal(RefreshVerdict.LateUnbound, await scene.RefreshAsync(token));
        Assert.True(await scene.IsActiveAsync(token.FamilyId));
    }

    [Fact]
    public async Task A_public_client_that_is_late_is_refused_and_keeps_its_family()
    {
        var scene = await Scene.CreateAsync(database);
        var token = await scene.FamilyAsync();
        var next = await scene.RotateAsync(token);
        await scene.AgeRotationAsync(token.FamilyId, _afterRetryWindow);
        Assert.Equal(RefreshVerdict.LateUnbound, await scene.RefreshAsync(token));
        Assert.Equal(RefreshVerdict.Rotated, await scene.RefreshAsync(next));
    }

    [Fact]
    public async Task An_old_generation_is_stale_within_the_retry_window_and_reuse_after_it()
    {
        var scene = await Scene.CreateAsync(database);
        var first = await scene.FamilyAsync() with { ClientAuthenticated = true };
        var second = await scene.RotateAsync(first);
        var third = await scene.RotateAsync(second);
        Assert.Equal(RefreshVerdict.Stale, await scene.RefreshAsync(first));
        Assert.True(await scene.IsActiveAsync(first.FamilyId));

        await scene.AgeRotationAsync(first.FamilyId, _afterRetryWindow);
        Assert.Equal(RefreshVerdict.ReuseDetected, await scene.RefreshAsync(first));
        Assert.Equal("refresh_token_reused", (await scene.GrantAsync(first.FamilyId)).RevokedReason);
        Assert.Equal(RefreshVerdict.Dead, await scene.RefreshAsync(third));
        Assert.False(await scene.IsActiveAsync(first.FamilyId));
    }

    [Fact]
    public async Task A_retry_window_of_zero_answers_no_retry()
    {
        var scene = await Scene.CreateAsync(database);
        var token = await scene.FamilyAsync() with { RetryWindow = TimeSpan.Zero };
        await scene.RotateAsync(token);
        Assert.Equal(RefreshVerdict.LateUnbound, await scene.RefreshAsync(token));
    }

    [Fact]
    public async Task A_client_switched_to_not_rotating_is_held_to_its_old_generations()
    {
        var scene = await Scene.CreateAsync(database);
        var first = await scene.FamilyAsync();
        var second = await scene.RotateAsync(first) with { Rotate = false };
        Assert.Equal(RefreshVerdict.Retried, await scene.RefreshAsync(first with { Rotate = false }));

        Assert.Equal(RefreshVerdict.Reused, await scene.RefreshAsync(second));
        Assert.Equal(RefreshVerdict.Stale, await scene.RefreshAsync(first with { Rotate = false }));
        await scene.AgeRotationAsync(first.FamilyId, _afterRetryWindow);
        Assert.Equal(RefreshVerdict.ReuseDetected, await scene.RefreshAsync(first with { Rotate = false }));
    }

    [Fact]
    public async Task Unknown_families_and_wrong_secrets_are_unknown_and_change_nothing()
    {
        var scene = await Scene.CreateAsync(database);
        var first = await scene.FamilyAsync();
        var second = await scene.RotateAsync(first);
        Assert.Equal(RefreshVerdict.Unknown, await scene.RefreshAsync(second with { FamilyId = Scene.Id() }));
        Assert.Equal(RefreshVerdict.Unknown, await scene.RefreshAsync(second with { SecretHash = Scene.Bytes() }));
        Assert.Equal(RefreshVerdict.Unknown, await scene.RefreshAsync(first with { SecretHash = Scene.Bytes() }));
        Assert.Equal(RefreshVerdict.Unknown, await scene.RefreshAsync(second with { Generation = 3 }));
        Assert.Equal(RefreshVerdict.Rotated, await scene.RefreshAsync(second));
    }

    [Fact]
    public async Task A_grant_without_a_refresh_token_has_none_to_present()
    {
        var scene = await Scene.CreateAsync(database);
        var token = await scene.FamilyAsync(code => code with { IssueRefreshToken = false });
        Assert.Equal(RefreshVerdict.Unknown, await scene.RefreshAsync(token));
    }

    [Theory]
    [InlineData("client", RefreshVerdict.WrongClient)]
    [InlineData("scope", RefreshVerdict.InvalidScope)]
    [InlineData("resource", RefreshVerdict.InvalidTarget)]
    public async Task A_foreign_client_scope_or_resource_burns_nothing(string what, RefreshVerdict verdict)
    {
        var scene = await Scene.CreateAsync(database);
        var token = await scene.FamilyAsync();
        var foreign = what switch
        {
            "client" => token with { ClientId = "another" },
            "scope" => token with { Scopes = ["openid", "admin"] },
            _ => token with { Resources = ["https://another.example"] },
        };
        Assert.Equal(verdict, await scene.RefreshAsync(foreign));
        Assert.Equal(1, (await scene.GrantAsync(token.FamilyId)).Generation);
        Assert.Equal(
            RefreshVerdict.Rotated, await scene.RefreshAsync(token with { Scopes = ["api"], Resources = ["https://api.example"] }));
    }

    [Fact]
    public async Task Another_client_or_a_dead_family_is_told_before_scope_and_reuse_are_judged()
    {
        var scene = await Scene.CreateAsync(database);
        var first = await scene.FamilyAsync();
        await scene.RotateAsync(await scene.RotateAsync(first));
        await scene.AgeRotationAsync(first.FamilyId, _afterRetryWindow);

        Assert.Equal(RefreshVerdict.WrongClient, await scene.RefreshAsync(first with { ClientId = "another", SecretHash = Scene.Bytes() }));
        Assert.Equal(RefreshVerdict.InvalidScope, await scene.RefreshAsync(first with { Scopes = ["admin"] }));
        Assert.Null((await scene.GrantAsync(first.FamilyId)).RevokedAt);

        await scene.Grants.RevokeGrantAsync(first.FamilyId, scene.ClientId, "revoked");
        Assert.Equal(RefreshVerdict.Dead, await scene.RefreshAsync(first with { Scopes = ["admin"] }));
        Assert.Equal("revoked", (await scene.GrantAsync(first.FamilyId)).RevokedReason);
    }

    [Theory]
    [EveryDeath]
    public async Task A_coordinated_family_dies_with_whatever_it_hangs_on(Death death)
    {
        var scene = await Scene.CreateAsync(database);
        var first = await scene.FamilyAsync(code => code with { EndsWithSession = true });
        Assert.True(await scene.IsActiveAsync(first.FamilyId));
        Assert.Equal(RefreshVerdict.Reused, await scene.RefreshAsync(first with { Rotate = false }));
        var token = await scene.RotateAsync(first);
        Assert.Equal(RefreshVerdict.Retried, await scene.RefreshAsync(first));
        await scene.InflictAsync(death);
        Assert.Equal(RefreshVerdict.Dead, await scene.RefreshAsync(token));
        Assert.Equal(RefreshVerdict.Dead, await scene.RefreshAsync(first));
        Assert.False(await scene.IsActiveAsync(token.FamilyId));
    }

    [Theory]
    [InlineData(Death.SessionEnded)]
    [InlineData(Death.SessionOver)]
    public async Task Offline_access_outlives_the_session(Death death)
    {
        var scene = await Scene.CreateAsync(database);
        var token = await scene.FamilyAsync();
        await scene.InflictAsync(death);
        Assert.Equal(RefreshVerdict.Reused, await scene.RefreshAsync(token with { Rotate = false }));
        Assert.Equal(RefreshVerdict.Rotated, await scene.RefreshAsync(token));
        Assert.Equal(RefreshVerdict.Retried, await scene.RefreshAsync(token));
        Assert.True(await scene.IsActiveAsync(token.FamilyId));
    }

    [Theory]
    [InlineData(Death.UserDisabled)]
    [InlineData(Death.EpochRaised)]
    [InlineData(Death.ClientDisabled)]
    public async Task Offline_access_does_not_outlive_person_and_client(Death death)
    {
        var scene = await Scene.CreateAsync(database);
        var token = await scene.FamilyAsync();
        await scene.InflictAsync(death);
        Assert.Equal(RefreshVerdict.Dead, await scene.RefreshAsync(token));
    }

    [Fact]
    public async Task A_family_of_a_removed_client_stays_dead_when_another_one_gets_its_name()
    {
        var scene = await Scene.CreateAsync(database);
        var first = await scene.FamilyAsync();
        var token = await scene.RotateAsync(first);
        await scene.ReplaceClientAsync();
        Assert.Equal(RefreshVerdict.Dead, await scene.RefreshAsync(token));
        Assert.Equal(RefreshVerdict.Dead, await scene.RefreshAsync(first));
        Assert.False(await scene.IsActiveAsync(token.FamilyId));
        Assert.Equal(RefreshVerdict.Rotated, await scene.RefreshAsync(await scene.FamilyAsync()));
    }

    [Fact]
    public async Task An_idle_session_does_not_end_its_grants()
    {
        var scene = await Scene.CreateAsync(database);
        var token = await scene.FamilyAsync(code => code with { EndsWithSession = true });
        await scene.ExpireSessionAsync(absolute: false);
        Assert.Equal(RefreshVerdict.Rotated, await scene.RefreshAsync(token));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_expired_refresh_token_is_dead_while_its_access_token_lives_on(bool absolute)
    {
        var scene = await Scene.CreateAsync(database);
        var token = await scene.FamilyAsync();
        await scene.ExpireGrantAsync(token.FamilyId, absolute);
        Assert.Equal(RefreshVerdict.Dead, await scene.RefreshAsync(token));
        Assert.True(await scene.IsActiveAsync(token.FamilyId));
    }
}

public sealed class SqliteRefreshTests(SqliteTestDatabase database) : RefreshContract(database), IClassFixture<SqliteTestDatabase>;

public sealed class PostgresRefreshTests(PostgresTestDatabase database) : RefreshContract(database), IClassFixture<PostgresTestDatabase>;

using IdentityProvider.Protocol.Grants;
using IdentityProvider.Storage.Tests.Databases;
using Xunit;

namespace IdentityProvider.Storage.Tests.Grants;

/// <summary>
/// A thief has copied the refresh token of a public client, and shadows each use of it from another network, some time before or after
/// the app. Within how many uses of the app is it over, and what does the thief get until then?
/// </summary>
public abstract class ThiefContract(TestDatabase database)
{
    private const string ThiefsNetwork = "203.0.113.0/24";
    private const int Uses = 8;

    private static readonly TimeSpan s_period = TimeSpan.FromMinutes(15);

    /// <summary>Whom a refusal tells of it, and whether the family ends with it.</summary>
    public enum End
    {
        ThiefRevokes,
        AppRevokes,
        AppIsSignedOut,
        Nothing,
    }

    [Theory]
    [InlineData(5, 4, 3, End.ThiefRevokes)]
    [InlineData(60, 2, 0, End.ThiefRevokes)]
    [InlineData(540, 2, 0, End.ThiefRevokes)]
    [InlineData(-5, 4, 4, End.AppRevokes)]
    [InlineData(-60, 1, 1, End.AppIsSignedOut)]
    [InlineData(-540, 1, 1, End.AppIsSignedOut)]
    public async Task A_thief_is_found_out_within_a_few_uses(int secondsAfterTheApp, int uses, int thiefsTokens, End end)
    {
        var shadow = await ShadowAsync(TimeSpan.FromSeconds(secondsAfterTheApp), sameDevice: false);
        Assert.Equal((end, uses, thiefsTokens), (shadow.End, shadow.Uses, shadow.ThiefsTokens));

        // Whoever comes first is reported at once: the first use from a new network is an event.
        Assert.Equal(secondsAfterTheApp < 0, shadow.Moved);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(60)]
    [InlineData(540)]
    [InlineData(-5)]
    [InlineData(-60)]
    [InlineData(-540)]
    public async Task Held_to_the_device_a_thief_elsewhere_gets_nothing_and_the_app_does_not_notice(int secondsAfterTheApp)
    {
        var shadow = await ShadowAsync(TimeSpan.FromSeconds(secondsAfterTheApp), sameDevice: true);
        Assert.Equal((End.Nothing, Uses, 0, false), (shadow.End, shadow.Uses, shadow.ThiefsTokens, shadow.Moved));
    }

    [Fact]
    public async Task When_an_app_comes_back_with_the_token_that_a_thief_has_used_up_the_thief_is_out_too()
    {
        var scene = await Scene.CreateAsync(database);
        var stolen = await FamilyAsync(scene) with { Network = ThiefsNetwork };
        var next = await scene.RotateAsync(stolen);
        await scene.AgeRotationAsync(stolen.FamilyId, s_period);
        var last = await scene.RotateAsync(next);
        await scene.AgeRotationAsync(stolen.FamilyId, s_period);

        Assert.Equal(RefreshVerdict.ReuseDetected, await scene.RefreshAsync(stolen with { Network = "192.0.2.0/24" }));
        Assert.Equal(RefreshVerdict.Dead, await scene.RefreshAsync(last));
    }

    private async Task<Shadow> ShadowAsync(TimeSpan delay, bool sameDevice)
    {
        var scene = await Scene.CreateAsync(database);
        var app = await FamilyAsync(scene) with { RequireSameDevice = sameDevice };
        var thief = app with { Network = ThiefsNetwork };
        var (tokens, moved) = (0, false);
        for (var use = 1; use <= Uses; use++)
        {
            var thiefFirst = delay < TimeSpan.Zero;
            for (var turn = 0; turn < 2; turn++)
            {
                var thiefsTurn = thiefFirst == (turn == 0);
                var outcome = await scene.Grants.RefreshAsync(Fresh(thiefsTurn ? thief : app));
                moved |= outcome.Moved;
                if (outcome.Verdict == RefreshVerdict.ReuseDetected)
                {
                    return new Shadow(thiefsTurn ? End.ThiefRevokes : End.AppRevokes, use, tokens, moved);
                }

                if (outcome.Accepted)
                {
                    tokens += thiefsTurn ? 1 : 0;
                    _ = thiefsTurn ? thief = await NewestAsync(scene, thief) : app = await NewestAsync(scene, app);
                }
                else if (!thiefsTurn)
                {
                    return new Shadow(End.AppIsSignedOut, use, tokens, moved);
                }

                await scene.AgeRotationAsync(app.FamilyId, turn == 0 ? delay.Duration() : s_period - delay.Duration());
            }
        }

        return new Shadow(End.Nothing, Uses, tokens, moved);
    }

    /// <summary>A family whose network is known from the redemption on, as the server has it.</summary>
    private static async Task<RefreshPresentation> FamilyAsync(Scene scene)
    {
        var code = await scene.IssueAsync() with { Network = "192.0.2.0/24", UserAgent = "Firefox" };
        Assert.Equal(CodeVerdict.Redeemed, (await scene.Grants.RedeemCodeAsync(code)).Verdict);
        return await scene.FamilyAsync() with { FamilyId = code.GrantId, SecretHash = code.RefreshSecretHash };
    }

    /// <summary>The token that an accepted request was answered with: there is but one successor.</summary>
    private static async Task<RefreshPresentation> NewestAsync(Scene scene, RefreshPresentation holder)
    {
        var row = await scene.GrantAsync(holder.FamilyId);
        return holder with { Generation = row.Generation, SecretHash = row.SecretHash! };
    }

    private static RefreshPresentation Fresh(RefreshPresentation token) =>
        token with { SuccessorHash = Scene.Bytes(), SealedSuccessor = Scene.Bytes() };

    private sealed record Shadow(End End, int Uses, int ThiefsTokens, bool Moved);
}

public sealed class SqliteThiefTests(SqliteTestDatabase database) : ThiefContract(database), IClassFixture<SqliteTestDatabase>;

public sealed class PostgresThiefTests(PostgresTestDatabase database) : ThiefContract(database), IClassFixture<PostgresTestDatabase>;

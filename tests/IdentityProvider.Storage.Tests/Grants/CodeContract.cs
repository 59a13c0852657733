using IdentityProvider.Protocol.Consents;
using IdentityProvider.Protocol.Events;
using IdentityProvider.Protocol.Grants;
using IdentityProvider.Storage.Events;
using IdentityProvider.Storage.Grants;
using IdentityProvider.Storage.Sessions;
using IdentityProvider.Storage.Tests.Databases;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace IdentityProvider.Storage.Tests.Grants;

public abstract class CodeContract(TestDatabase database)
{
    [Fact]
    public async Task Redemption_returns_all_that_is_needed_to_mint()
    {
        await (await Scene.CreateAsync(database)).DescribeUserAsync();
        var scene = await Scene.CreateAsync(database);
        await scene.DescribeUserAsync();
        var code = await scene.IssueAsync();

        var redemption = await scene.Grants.RedeemCodeAsync(code);

        Assert.Equal(CodeVerdict.Redeemed, redemption.Verdict);
        Assert.InRange(redemption.Now, Scene.Ago(TimeSpan.FromMinutes(1)), Scene.Ago(TimeSpan.FromMinutes(-1)));
        Assert.Equal("n-0S6", redemption.Nonce);
        Assert.True(redemption.RefreshTokenIssued);
        var issued = scene.NewCode();
        var grant = redemption.Grant!;
        Assert.Equal(
            (code.GrantId, scene.ClientId, scene.UserId, scene.SessionId, issued.ClaimsRequest, issued.AuthTime, issued.Acr),
            (grant.Id, grant.ClientId, grant.SubjectId, grant.SessionId, grant.ClaimsRequest, grant.AuthTime, grant.Acr));
        Assert.Equal(issued.Scopes, grant.Scopes);
        Assert.Equal(issued.Resources, grant.Resources);
        Assert.Equal(issued.Amr, grant.Amr);
        scene.CheckDescribed(redemption.Subject!);
    }

    [Theory]
    [InlineData(null, 0)]
    [InlineData("{}", 1)]
    public async Task Claims_are_left_out_where_nobody_wants_them_unless_the_request_named_some(string? claimsRequest, int claims)
    {
        var scene = await Scene.CreateAsync(database);
        await scene.DescribeUserAsync();
        var code = await scene.IssueAsync(it => it with { ClaimsRequest = claimsRequest }) with { WithProfile = false };

        var redeemed = (await scene.Grants.RedeemCodeAsync(code)).Subject!;
        Assert.Equal(claims, redeemed.Claims.Count(claim => claim.Type == "age"));
        Assert.Equal(2 * claims, redeemed.Roles.Count);
        Assert.Equal("u@example.org", redeemed.Email);

        var wanted = await scene.IssueAsync(it => it with { ClaimsRequest = claimsRequest }) with { WithProfile = true };
        scene.CheckDescribed((await scene.Grants.RedeemCodeAsync(wanted)).Subject!);
    }

    [Fact]
    [Trait("row", "T2")]
    public async Task The_grant_row_carries_the_lifetimes_of_the_refresh_token()
    {
        var scene = await Scene.CreateAsync(database);
        var code = await scene.IssueAsync();
        var redemption = await scene.Grants.RedeemCodeAsync(code);

        var row = await scene.GrantAsync(code.GrantId);
        Assert.Equal(RefreshPresentation.FirstGeneration, row.Generation);
        Assert.Equal(code.RefreshSecretHash, row.SecretHash);
        Assert.Equal(redemption.Now + TimeSpan.FromDays(30), row.AbsoluteExpiresAt);
        Assert.Equal(redemption.Now + TimeSpan.FromDays(14), row.IdleExpiresAt);
    }

    [Fact]
    public async Task The_idle_expiry_never_passes_the_absolute_one()
    {
        var scene = await Scene.CreateAsync(database);
        var code = await scene.IssueAsync() with { RefreshIdleLifetime = TimeSpan.FromDays(60) };
        await scene.Grants.RedeemCodeAsync(code);
        var row = await scene.GrantAsync(code.GrantId);
        Assert.Equal(row.AbsoluteExpiresAt, row.IdleExpiresAt);
    }

    [Fact]
    public async Task Without_a_refresh_token_the_grant_lives_as_long_as_the_access_token()
    {
        var scene = await Scene.CreateAsync(database);
        var code = await scene.IssueAsync(it => it with { IssueRefreshToken = false });
        var redemption = await scene.Grants.RedeemCodeAsync(code);

        Assert.False(redemption.RefreshTokenIssued);
        var row = await scene.GrantAsync(code.GrantId);
        Assert.Null(row.SecretHash);
        Assert.Equal(redemption.Now + TimeSpan.FromMinutes(15), row.AbsoluteExpiresAt);
        Assert.True(await scene.IsActiveAsync(code.GrantId));
    }

    [Fact]
    public async Task An_unknown_code_is_unknown()
    {
        var scene = await Scene.CreateAsync(database);
        var code = await scene.IssueAsync() with { CodeHash = Scene.Bytes() };
        Assert.Equal(CodeVerdict.Unknown, (await scene.Grants.RedeemCodeAsync(code)).Verdict);
    }

    public static TheoryData<string, CodeVerdict> Impostors => new()
    {
        { "client", CodeVerdict.WrongClient },
        { "redirect", CodeVerdict.WrongRedirectUri },
        { "no redirect", CodeVerdict.WrongRedirectUri },
        { "verifier", CodeVerdict.WrongVerifier },
        { "no verifier", CodeVerdict.WrongVerifier },
        { "resource", CodeVerdict.InvalidTarget },
    };

    [Theory]
    [MemberData(nameof(Impostors))]
    public async Task Who_cannot_repeat_the_request_neither_burns_nor_revokes(string what, CodeVerdict verdict)
    {
        var scene = await Scene.CreateAsync(database);
        var code = await scene.IssueAsync();
        var impostor = what switch
        {
            "client" => code with { ClientId = "another" },
            "redirect" => code with { RedirectUri = Scene.RedirectUri + "/", RedirectUriOptional = true },
            "no redirect" => code with { RedirectUri = null },
            "resource" => code with { Resources = ["https://another.example"] },
            "verifier" => code with { VerifierChallenge = Scene.Challenge.ToLowerInvariant() },
            _ => code with { VerifierChallenge = null },
        };

        Assert.Equal(verdict, (await scene.Grants.RedeemCodeAsync(impostor)).Verdict);
        Assert.Equal(CodeVerdict.Redeemed, (await scene.Grants.RedeemCodeAsync(code)).Verdict);
        Assert.Equal(verdict, (await scene.Grants.RedeemCodeAsync(impostor with { DoubleSubmitWindow = TimeSpan.Zero })).Verdict);
        Assert.True(await scene.IsActiveAsync(code.GrantId));
    }

    [Fact]
    public async Task A_verifier_without_a_challenge_is_wrong()
    {
        var scene = await Scene.CreateAsync(database);
        var code = await scene.IssueAsync(it => it with { CodeChallenge = null });
        Assert.Equal(CodeVerdict.WrongVerifier, (await scene.Grants.RedeemCodeAsync(code with { VerifierChallenge = Scene.Challenge })).Verdict);
        Assert.Equal(CodeVerdict.Redeemed, (await scene.Grants.RedeemCodeAsync(code)).Verdict);
    }

    [Fact]
    public async Task The_redirect_uri_may_be_left_out_where_it_is_optional()
    {
        var scene = await Scene.CreateAsync(database);
        var code = await scene.IssueAsync() with { RedirectUri = null, RedirectUriOptional = true };
        Assert.Equal(CodeVerdict.Redeemed, (await scene.Grants.RedeemCodeAsync(code)).Verdict);
    }

    [Fact]
    public async Task An_expired_code_is_expired()
    {
        var scene = await Scene.CreateAsync(database);
        var code = await scene.IssueAsync();
        await ExpireCodeAsync(code.CodeHash);
        Assert.Equal(CodeVerdict.Expired, (await scene.Grants.RedeemCodeAsync(code)).Verdict);
    }

    [Theory]
    [EveryDeath]
    public async Task A_code_dies_with_whatever_it_hangs_on(Death death)
    {
        var scene = await Scene.CreateAsync(database);
        var code = await scene.IssueAsync();
        await scene.InflictAsync(death);
        Assert.Equal(CodeVerdict.Dead, (await scene.Grants.RedeemCodeAsync(code)).Verdict);
    }

    [Theory]
    [EveryDeath]
    public async Task No_code_is_issued_to_the_dead(Death death)
    {
        var scene = await Scene.CreateAsync(database);
        await scene.InflictAsync(death);
        Assert.Equal(CodeIssueVerdict.SessionEnded, await scene.Grants.IssueCodeAsync(scene.NewCode()));
        await using var context = database.Context();
        Assert.False(await context.Set<AuthorizationCodeRow>().AnyAsync(row => row.SubjectId == scene.UserId));
    }

    [Fact]
    public async Task No_code_is_issued_in_an_idle_session_or_in_another_persons()
    {
        var scene = await Scene.CreateAsync(database);
        var stranger = await Scene.CreateAsync(database);
        Assert.Equal(CodeIssueVerdict.SessionEnded, await scene.Grants.IssueCodeAsync(scene.NewCode() with { SessionId = stranger.SessionId }));
        Assert.Equal(CodeIssueVerdict.SessionEnded, await scene.Grants.IssueCodeAsync(scene.NewCode() with { SessionId = Scene.Id() }));
        await scene.ExpireSessionAsync(absolute: false);
        Assert.Equal(CodeIssueVerdict.SessionEnded, await scene.Grants.IssueCodeAsync(scene.NewCode()));
    }

    [Fact]
    public async Task A_client_joins_a_session_with_its_first_code_and_not_with_a_refusal()
    {
        var scene = await Scene.CreateAsync(database);
        var stranger = await Scene.CreateAsync(database);
        Assert.Equal(CodeIssueVerdict.ConsentRequired, await scene.Grants.IssueCodeAsync(scene.NewCode() with { RequireRememberedConsent = true }));
        Assert.Empty(await ClientsAsync(scene));

        await scene.IssueAsync();
        await scene.IssueAsync();
        Assert.Equal([scene.ClientId], await ClientsAsync(scene));
        Assert.Empty(await ClientsAsync(stranger));

        await scene.EndSessionAsync();
        Assert.Equal(CodeIssueVerdict.SessionEnded, await scene.Grants.IssueCodeAsync(scene.NewCode() with { ClientId = "another" }));
        Assert.Equal([scene.ClientId], await ClientsAsync(scene));
    }

    [Fact]
    public async Task A_session_from_before_the_epoch_gets_no_code_even_when_the_caller_knows_the_new_epoch()
    {
        var scene = await Scene.CreateAsync(database);
        await scene.RaiseEpochAsync();
        Assert.Equal(CodeIssueVerdict.SessionEnded, await scene.Grants.IssueCodeAsync(scene.NewCode() with { SubjectEpoch = 1 }));
    }

    [Fact]
    public async Task A_client_that_is_not_in_the_database_is_alive()
    {
        var scene = await Scene.CreateAsync(database, registerClient: false);
        var family = await scene.FamilyAsync();
        Assert.Equal(RefreshVerdict.Rotated, await scene.RefreshAsync(family));
    }

    [Fact]
    public async Task A_remembered_consent_must_cover_every_scope()
    {
        var scene = await Scene.CreateAsync(database);
        var consents = database.Get<IConsentStore>();
        var code = scene.NewCode() with { RequireRememberedConsent = true };
        Assert.Equal(CodeIssueVerdict.ConsentRequired, await scene.Grants.IssueCodeAsync(code));

        await consents.SaveAsync(scene.UserId, scene.ClientId, new ConsentAnswer(["openid", "api"], []), null, CancellationToken.None);
        Assert.Equal(CodeIssueVerdict.ConsentRequired, await scene.Grants.IssueCodeAsync(code));

        await consents.SaveAsync(scene.UserId, "another", new ConsentAnswer([.. code.Scopes], []), null, CancellationToken.None);
        await consents.SaveAsync(Scene.Id(), scene.ClientId, new ConsentAnswer([.. code.Scopes], []), null, CancellationToken.None);
        Assert.Equal(CodeIssueVerdict.ConsentRequired, await scene.Grants.IssueCodeAsync(code));

        await consents.SaveAsync(scene.UserId, scene.ClientId, new ConsentAnswer(["offline_access", "more"], []), null, CancellationToken.None);
        Assert.Equal(CodeIssueVerdict.Issued, await scene.Grants.IssueCodeAsync(code));
    }

    [Fact]
    public async Task An_expired_consent_covers_nothing()
    {
        var scene = await Scene.CreateAsync(database);
        var code = scene.NewCode() with { RequireRememberedConsent = true };
        await database.Get<IConsentStore>().SaveAsync(
            scene.UserId, scene.ClientId, new ConsentAnswer([.. code.Scopes], []), TimeSpan.FromSeconds(-1), CancellationToken.None);
        Assert.Equal(CodeIssueVerdict.ConsentRequired, await scene.Grants.IssueCodeAsync(code));

        await database.Get<IConsentStore>().SaveAsync(
            scene.UserId, scene.ClientId, new ConsentAnswer([.. code.Scopes], []), TimeSpan.FromMinutes(1), CancellationToken.None);
        Assert.Equal(CodeIssueVerdict.Issued, await scene.Grants.IssueCodeAsync(code));
    }

    [Fact]
    public async Task A_double_submit_is_refused_and_revokes_nothing()
    {
        var scene = await Scene.CreateAsync(database);
        var code = await scene.IssueAsync();
        await scene.Grants.RedeemCodeAsync(code);
        var again = await scene.Grants.RedeemCodeAsync(code with { GrantId = Scene.Id() });
        Assert.Equal(CodeVerdict.DoubleSubmit, again.Verdict);
        Assert.Null(again.Grant);
        Assert.True(await scene.IsActiveAsync(code.GrantId));
    }

    [Theory]
    [InlineData("public client")]
    [InlineData("no challenge")]
    [InlineData("window is zero")]
    [InlineData("window is over")]
    [InlineData("code has expired since")]
    public async Task A_replay_revokes_what_the_code_gave(string why)
    {
        var scene = await Scene.CreateAsync(database);
        var code = await scene.IssueAsync(it => why == "no challenge" ? it with { CodeChallenge = null } : it);
        await scene.Grants.RedeemCodeAsync(code);
        switch (why)
        {
            case "public client":
                code = code with { ClientAuthenticated = false };
                break;
            case "window is zero":
                code = code with { DoubleSubmitWindow = TimeSpan.Zero };
                break;
            case "window is over":
                await RedeemedAgoAsync(code.CodeHash, TimeSpan.FromSeconds(6));
                break;
            case "code has expired since":
                await ExpireCodeAsync(code.CodeHash);
                code = code with { ClientAuthenticated = false };
                break;
        }

        var replayed = await scene.Grants.RedeemCodeAsync(code with { GrantId = Scene.Id(), Network = "198.51.100.0/24", UserAgent = "curl" });
        Assert.Equal((CodeVerdict.Replayed, new RevokedGrant(code.GrantId, scene.UserId, scene.SessionId)), (replayed.Verdict, replayed.Revoked));
        Assert.False(await scene.IsActiveAsync(code.GrantId));
        Assert.Equal("code_replayed", (await scene.GrantAsync(code.GrantId)).RevokedReason);

        Assert.Null((await scene.Grants.RedeemCodeAsync(code with { GrantId = Scene.Id() })).Revoked);
        await using var context = database.Context();
        var row = Assert.Single(await context.Set<SecurityEventRow>().Where(it => it.SubjectId == scene.UserId).ToListAsync());
        Assert.Equal(
            (SecurityEventTypes.AuthorizationCodeReplayed, scene.ClientId, scene.SessionId, code.GrantId, "198.51.100.0/24", "curl"),
            (row.Type, row.ClientId, row.SessionId, row.GrantId, row.Network, row.UserAgent));
    }

    [Fact]
    public async Task A_replay_of_a_code_whose_grant_was_revoked_keeps_the_first_reason()
    {
        var scene = await Scene.CreateAsync(database);
        var code = await scene.IssueAsync() with { ClientAuthenticated = false };
        await scene.Grants.RedeemCodeAsync(code);
        await scene.Grants.RevokeGrantAsync(code.GrantId, scene.ClientId, "revoked");
        var replayed = await scene.Grants.RedeemCodeAsync(code);
        Assert.Equal((CodeVerdict.Replayed, null), (replayed.Verdict, replayed.Revoked));
        Assert.Equal("revoked", (await scene.GrantAsync(code.GrantId)).RevokedReason);
    }

    private async Task<IReadOnlyList<string>> ClientsAsync(Scene scene)
    {
        await using var context = database.Context();
        return (await context.Set<SessionRow>().AsNoTracking().SingleAsync(row => row.Id == scene.SessionId)).Clients;
    }

    private async Task ExpireCodeAsync(byte[] codeHash)
    {
        var past = Scene.Ago(TimeSpan.FromSeconds(1));
        await using var context = database.Context();
        await context.Set<AuthorizationCodeRow>().Where(row => row.CodeHash == codeHash)
            .ExecuteUpdateAsync(row => row.SetProperty(it => it.ExpiresAt, past));
    }

    private async Task RedeemedAgoAsync(byte[] codeHash, TimeSpan age)
    {
        DateTimeOffset? past = Scene.Ago(age);
        await using var context = database.Context();
        await context.Set<AuthorizationCodeRow>().Where(row => row.CodeHash == codeHash)
            .ExecuteUpdateAsync(row => row.SetProperty(it => it.RedeemedAt, past));
    }
}

public sealed class SqliteCodeTests(SqliteTestDatabase database) : CodeContract(database), IClassFixture<SqliteTestDatabase>;

public sealed class PostgresCodeTests(PostgresTestDatabase database) : CodeContract(database), IClassFixture<PostgresTestDatabase>;

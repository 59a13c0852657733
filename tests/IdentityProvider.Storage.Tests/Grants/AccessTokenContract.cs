using IdentityProvider.Protocol.Grants;
using IdentityProvider.Storage.Tests.Databases;
using Xunit;

namespace IdentityProvider.Storage.Tests.Grants;

public abstract class AccessTokenContract(TestDatabase database)
{
    [Fact]
    public async Task The_subject_comes_with_the_status_when_asked_for()
    {
        await (await Scene.CreateAsync(database)).DescribeUserAsync();
        var scene = await Scene.CreateAsync(database);
        await scene.DescribeUserAsync();
        var family = await scene.FamilyAsync();
        var token = new AccessTokenReference(family.FamilyId, Scene.Bytes(), scene.ClientId);

        var status = await scene.Grants.CheckAccessTokenAsync(token, withSubject: true, CancellationToken.None);
        Assert.NotNull(status);
        scene.CheckDescribed(status.Subject!);
        Assert.Equal(scene.NewCode().ClaimsRequest, status.ClaimsRequest);
        Assert.InRange(status.Now, Scene.Ago(TimeSpan.FromMinutes(1)), Scene.Ago(TimeSpan.FromMinutes(-1)));

        Assert.Null((await scene.Grants.CheckAccessTokenAsync(token, withSubject: false, CancellationToken.None))!.Subject);
    }

    [Fact]
    public async Task A_token_of_an_unknown_grant_is_not_active()
    {
        var scene = await Scene.CreateAsync(database);
        Assert.False(await scene.IsActiveAsync(Scene.Id()));
    }

    [Fact]
    public async Task A_revoked_token_is_not_active_and_its_siblings_are()
    {
        var scene = await Scene.CreateAsync(database);
        var family = await scene.FamilyAsync();
        var token = new AccessTokenReference(family.FamilyId, Scene.Bytes(), scene.ClientId);
        await scene.Grants.RevokeAccessTokenAsync(token, Scene.Ago(TimeSpan.FromMinutes(-15)));
        await scene.Grants.RevokeAccessTokenAsync(token, Scene.Ago(TimeSpan.FromMinutes(-15)));

        Assert.Null(await scene.Grants.CheckAccessTokenAsync(token, withSubject: true, CancellationToken.None));
        Assert.Null(await scene.Grants.CheckAccessTokenAsync(token, withSubject: false, CancellationToken.None));
        Assert.True(await scene.IsActiveAsync(family.FamilyId));
    }

    [Fact]
    public async Task A_token_without_a_person_dies_by_revocation_or_with_its_client()
    {
        var scene = await Scene.CreateAsync(database);
        var token = new AccessTokenReference(null, Scene.Bytes(), scene.ClientId);
        Assert.True(await IsActiveAsync(token));

        var revoked = token with { TokenId = Scene.Bytes() };
        await scene.Grants.RevokeAccessTokenAsync(revoked, Scene.Ago(TimeSpan.FromMinutes(-15)));
        Assert.False(await IsActiveAsync(revoked));
        Assert.True(await IsActiveAsync(token));

        await scene.DisableClientAsync();
        Assert.False(await IsActiveAsync(token));
    }

    [Fact]
    public async Task Revoking_a_grant_kills_it_for_its_own_client_only_and_keeps_the_first_reason()
    {
        var scene = await Scene.CreateAsync(database);
        var family = await scene.FamilyAsync();
        await scene.Grants.RevokeGrantAsync(family.FamilyId, "another", "stolen");
        Assert.True(await scene.IsActiveAsync(family.FamilyId));

        await scene.Grants.RevokeGrantAsync(family.FamilyId, scene.ClientId, "revoked");
        await scene.Grants.RevokeGrantAsync(family.FamilyId, scene.ClientId, "again");
        Assert.False(await scene.IsActiveAsync(family.FamilyId));
        Assert.Equal(RefreshVerdict.Dead, await scene.RefreshAsync(family));
        Assert.Equal("revoked", (await scene.GrantAsync(family.FamilyId)).RevokedReason);
    }

    [Fact]
    public async Task A_reference_token_is_found_with_its_claims_and_liveness()
    {
        await (await Scene.CreateAsync(database)).DescribeUserAsync();
        var scene = await Scene.CreateAsync(database);
        await scene.DescribeUserAsync();
        var family = await scene.FamilyAsync();
        var token = NewReferenceToken(new AccessTokenReference(family.FamilyId, Scene.Bytes(), scene.ClientId));
        await scene.Grants.StoreReferenceTokenAsync(token);

        var found = await scene.Grants.FindReferenceTokenAsync(token.TokenHash, withSubject: true, CancellationToken.None);
        Assert.Equal(token.Claims, found!.Claims);
        Assert.Equal((token.Token.GrantId, token.Token.ClientId), (found.Token.GrantId, found.Token.ClientId));
        Assert.Equal(token.Token.TokenId, found.Token.TokenId);
        scene.CheckDescribed(found.Status!.Subject!);
        Assert.Equal(scene.NewCode().ClaimsRequest, found.Status.ClaimsRequest);
    }

    [Theory]
    [EveryDeath]
    public async Task A_reference_token_dies_with_whatever_its_grant_hangs_on(Death death)
    {
        var scene = await Scene.CreateAsync(database);
        var coordinated = await StoredOfAsync(scene, endsWithSession: true);
        var offline = await StoredOfAsync(scene, endsWithSession: false);
        Assert.True(await IsAliveAsync(coordinated));

        await scene.InflictAsync(death);

        Assert.False(await IsAliveAsync(coordinated));
        Assert.Equal(death is Death.SessionEnded or Death.SessionOver, await IsAliveAsync(offline));
    }

    [Fact]
    public async Task A_reference_token_of_a_removed_client_stays_dead_when_another_one_gets_its_name()
    {
        var scene = await Scene.CreateAsync(database);
        var token = await StoredOfAsync(scene, endsWithSession: false);
        await scene.ReplaceClientAsync();
        Assert.False(await IsAliveAsync(token));
    }

    [Fact]
    public async Task A_reference_token_dies_with_its_grant_and_by_its_own_id()
    {
        var scene = await Scene.CreateAsync(database);
        var ended = await StoredOfAsync(scene, endsWithSession: false);
        var revoked = await StoredOfAsync(scene, endsWithSession: false);
        var other = await StoredOfAsync(scene, endsWithSession: false);

        await scene.Grants.RevokeGrantAsync(ended.Token.GrantId!.Value, scene.ClientId, "revoked");
        await scene.Grants.RevokeAccessTokenAsync(revoked.Token, revoked.ExpiresAt);

        Assert.False(await IsAliveAsync(ended));
        Assert.False(await IsAliveAsync(revoked));
        Assert.True(await IsAliveAsync(other));
    }

    [Fact]
    public async Task A_reference_token_without_a_person_is_found_and_revoked_by_its_id()
    {
        var scene = await Scene.CreateAsync(database);
        var token = NewReferenceToken(new AccessTokenReference(null, Scene.Bytes(), scene.ClientId));
        await scene.Grants.StoreReferenceTokenAsync(token);
        var found = await scene.Grants.FindReferenceTokenAsync(token.TokenHash, withSubject: true, CancellationToken.None);
        Assert.NotNull(found!.Status);
        Assert.Null(found.Token.GrantId);
        Assert.Null(found.Status.Subject);

        await scene.Grants.RevokeAccessTokenAsync(found.Token, token.ExpiresAt);
        Assert.False(await IsAliveAsync(token));

        var another = NewReferenceToken(new AccessTokenReference(null, Scene.Bytes(), scene.ClientId));
        await scene.Grants.StoreReferenceTokenAsync(another);
        Assert.True(await IsAliveAsync(another));
        await scene.DisableClientAsync();
        Assert.False(await IsAliveAsync(another));
    }

    [Fact]
    public async Task An_unknown_or_expired_reference_token_is_not_found()
    {
        var scene = await Scene.CreateAsync(database);
        var token = NewReferenceToken(new AccessTokenReference(null, Scene.Bytes(), scene.ClientId)) with { ExpiresAt = Scene.Ago(TimeSpan.FromSeconds(1)) };
        await scene.Grants.StoreReferenceTokenAsync(token);
        Assert.Null(await scene.Grants.FindReferenceTokenAsync(token.TokenHash, false, CancellationToken.None));
        Assert.Null(await scene.Grants.FindReferenceTokenAsync(Scene.Bytes(), false, CancellationToken.None));
    }

    private static async Task<NewReferenceToken> StoredOfAsync(Scene scene, bool endsWithSession)
    {
        var family = await scene.FamilyAsync(code => code with { EndsWithSession = endsWithSession });
        var token = NewReferenceToken(new AccessTokenReference(family.FamilyId, Scene.Bytes(), scene.ClientId));
        await scene.Grants.StoreReferenceTokenAsync(token);
        return token;
    }

    private async Task<bool> IsAliveAsync(NewReferenceToken token) =>
        (await database.Grants.FindReferenceTokenAsync(token.TokenHash, withSubject: false, CancellationToken.None))!.Status is not null;

    private static NewReferenceToken NewReferenceToken(AccessTokenReference token) =>
        new(Scene.Bytes(), token, """{"aud":"api"}""", Scene.Ago(TimeSpan.FromMinutes(-15)));

    private async Task<bool> IsActiveAsync(AccessTokenReference token) =>
        await database.Grants.CheckAccessTokenAsync(token, withSubject: true, CancellationToken.None) is not null;
}

public sealed class SqliteAccessTokenTests(SqliteTestDatabase database) : AccessTokenContract(database), IClassFixture<SqliteTestDatabase>;

public sealed class PostgresAccessTokenTests(PostgresTestDatabase database) : AccessTokenContract(database), IClassFixture<PostgresTestDatabase>;

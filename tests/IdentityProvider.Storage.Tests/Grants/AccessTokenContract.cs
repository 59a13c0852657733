using IdentityProvider.Protocol.Grants;
using IdentityProvider.Storage.Tests.Databases;
using Xunit;

namespace IdentityProvider.Storage.Tests.Grants;

public abstract class AccessTokenContract(TestDatabase database)
{
    [Fact]
    public async Task The_subject_comes_with_the_status_when_asked_for()
    {
        var scene = await Scene.CreateAsync(database);
        var family = await scene.FamilyAsync();
        var token = new AccessTokenReference(family.FamilyId, Scene.Bytes(), scene.ClientId);

        var status = await scene.Grants.CheckAccessTokenAsync(token, withSubject: true, CancellationToken.None);
        Assert.NotNull(status);
        Assert.Equal(scene.UserId.ToString(), status.Subject!.Subject);
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
        var scene = await Scene.CreateAsync(database);
        var family = await scene.FamilyAsync(code => code with { EndsWithSession = true });
        var token = NewReferenceToken(new AccessTokenReference(family.FamilyId, Scene.Bytes(), scene.ClientId));
        await scene.Grants.StoreReferenceTokenAsync(token);

        var found = await scene.Grants.FindReferenceTokenAsync(token.TokenHash, withSubject: true, CancellationToken.None);
        Assert.Equal(token.Claims, found!.Claims);
        Assert.Equal((token.Token.GrantId, token.Token.ClientId), (found.Token.GrantId, found.Token.ClientId));
        Assert.Equal(token.Token.TokenId, found.Token.TokenId);
        Assert.Equal(scene.UserId.ToString(), found.Status!.Subject!.Subject);
        Assert.Equal(scene.NewCode().ClaimsRequest, found.Status.ClaimsRequest);

        await scene.EndSessionAsync();
        Assert.Null((await scene.Grants.FindReferenceTokenAsync(token.TokenHash, withSubject: false, CancellationToken.None))!.Status);
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
        Assert.Null((await scene.Grants.FindReferenceTokenAsync(token.TokenHash, withSubject: true, CancellationToken.None))!.Status);
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

    private static NewReferenceToken NewReferenceToken(AccessTokenReference token) =>
        new(Scene.Bytes(), token, """{"aud":"api"}""", Scene.Ago(TimeSpan.FromMinutes(-15)));

    private async Task<bool> IsActiveAsync(AccessTokenReference token) =>
        await database.Grants.CheckAccessTokenAsync(token, withSubject: true, CancellationToken.None) is not null;
}

public sealed class SqliteAccessTokenTests(SqliteTestDatabase database) : AccessTokenContract(database), IClassFixture<SqliteTestDatabase>;

public sealed class PostgresAccessTokenTests(PostgresTestDatabase database) : AccessTokenContract(database), IClassFixture<PostgresTestDatabase>;

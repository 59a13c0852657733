using IdentityProvider.Protocol.Grants;
using IdentityProvider.Storage.Tests.Databases;
using IdentityProvider.Storage.Tests.RoundTrips;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace IdentityProvider.Storage.Tests.Grants;

/// <summary>
/// The worst moment: PostgreSQL has committed, and its reply is lost with the connection, so that the instance cannot know. A relay
/// between them drops it.
/// </summary>
public sealed class LostReplyTests(PostgresTestDatabase database) : IClassFixture<PostgresTestDatabase>, IAsyncLifetime
{
    private readonly CountingRelay _relay = RoundTripFixture.RelayTo(database);
    private ServiceProvider _instance = null!;

    private IGrantStore Grants => _instance.GetRequiredService<IGrantStore>();

    public Task InitializeAsync()
    {
        _instance = TestDatabase.Build(database.Options with { ConnectionString = RoundTripFixture.Through(_relay, database) });
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _instance.DisposeAsync();
        await _relay.DisposeAsync();
    }

    [Fact]
    public async Task A_rotation_whose_reply_was_lost_is_an_outage_and_the_retry_gets_its_successor()
    {
        var scene = await Scene.CreateAsync(database);
        var token = await scene.FamilyAsync();
        await WarmUpAsync(scene);

        await LosesReplyAsync(() => Grants.RefreshAsync(token));
        Assert.Equal(2, (await scene.GrantAsync(token.FamilyId)).Generation);

        var retry = await Grants.RefreshAsync(token with { SuccessorHash = Scene.Bytes(), SealedSuccessor = Scene.Bytes() });
        Assert.Equal(RefreshVerdict.Retried, retry.Verdict);
        Assert.Equal(token.SealedSuccessor, retry.SealedSuccessor);
        Assert.Equal(RefreshVerdict.Rotated, (await Grants.RefreshAsync(Scene.Successor(token))).Verdict);
    }

    [Fact]
    public async Task A_retry_whose_reply_was_lost_can_be_retried()
    {
        var scene = await Scene.CreateAsync(database);
        var token = await scene.FamilyAsync() with { ClientAuthenticated = true };
        await scene.RotateAsync(token);
        await WarmUpAsync(scene);

        await LosesReplyAsync(() => Grants.RefreshAsync(token));

        Assert.Equal(token.SealedSuccessor, (await Grants.RefreshAsync(token)).SealedSuccessor);
    }

    [Fact]
    public async Task A_code_whose_reply_was_lost_is_spent_and_its_retry_revokes_nothing()
    {
        var scene = await Scene.CreateAsync(database);
        var code = await scene.IssueAsync();
        await WarmUpAsync(scene);

        await LosesReplyAsync(() => Grants.RedeemCodeAsync(code));

        Assert.Equal(CodeVerdict.DoubleSubmit, (await Grants.RedeemCodeAsync(code with { GrantId = Scene.Id() })).Verdict);
        Assert.Null((await scene.GrantAsync(code.GrantId)).RevokedAt);
    }

    [Fact]
    public async Task A_revocation_whose_reply_was_lost_holds()
    {
        var scene = await Scene.CreateAsync(database);
        var first = await scene.FamilyAsync();
        var third = await scene.RotateAsync(await scene.RotateAsync(first));
        await scene.AgeRotationAsync(first.FamilyId, TimeSpan.FromSeconds(31));
        await WarmUpAsync(scene);

        // The second statement is the one that judges.
        await LosesReplyAsync(() => Grants.RefreshAsync(first), replies: 2);

        Assert.Equal(RefreshVerdict.Dead, (await Grants.RefreshAsync(third)).Verdict);
    }

    /// <summary>The first use of a connection asks more than its statement.</summary>
    private async Task WarmUpAsync(Scene scene) => Assert.False((await Grants.RefreshAsync(await scene.FamilyAsync() with { ClientId = "another" })).Accepted);

    private async Task LosesReplyAsync(Func<Task> request, int replies = 1)
    {
        _relay.DropReply(replies);
        var exception = await Assert.ThrowsAnyAsync<Exception>(request);
        Assert.True(StorageOutage.IsOutage(exception), exception.ToString());
    }
}

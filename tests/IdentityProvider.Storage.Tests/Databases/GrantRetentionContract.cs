using IdentityProvider.Storage.Grants;
using IdentityProvider.Storage.Tests.Grants;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace IdentityProvider.Storage.Tests.Databases;

/// <summary>A grant that is over stays for as long as a token of it may be alive.</summary>
public abstract class GrantRetentionContract(TestDatabase database)
{
    private static readonly TimeSpan s_retention = TimeSpan.FromDays(14);

    [Theory]
    [InlineData(2, true)]
    [InlineData(14, true)]
    [InlineData(16, false)]
    public async Task The_grant_of_a_family_stays_while_the_key_of_its_last_token_is_published(int daysOver, bool stays)
    {
        var scene = await Scene.CreateAsync(database);
        var grant = (await scene.FamilyAsync()).FamilyId;

        Assert.Equal(stays, await StaysAsync(grant, TimeSpan.FromDays(daysOver)));
    }

    [Fact]
    public async Task A_grant_stays_while_a_stored_token_names_it()
    {
        var scene = await Scene.CreateAsync(database);
        var grant = (await scene.FamilyAsync()).FamilyId;
        await using (var context = database.Context())
        {
            context.Add(new ReferenceTokenRow
            {
                TokenHash = Scene.Bytes(), TokenId = Scene.Bytes(), GrantId = grant, ClientId = "web", Claims = "{}", ExpiresAt = Scene.Ago(-TimeSpan.FromDays(100)),
            });
            await context.SaveChangesAsync();
        }

        Assert.True(await StaysAsync(grant, s_retention * 3));
    }

    private async Task<bool> StaysAsync(Guid grant, TimeSpan over)
    {
        await using var context = database.Context();
        var ended = Scene.Ago(over);
        await context.Set<GrantRow>().Where(row => row.Id == grant).ExecuteUpdateAsync(row => row.SetProperty(it => it.AbsoluteExpiresAt, ended));
        await database.Cleanup().RunAsync(CancellationToken.None);
        return await context.Set<GrantRow>().AnyAsync(row => row.Id == grant);
    }
}

public sealed class SqliteGrantRetentionTests(SqliteTestDatabase database) : GrantRetentionContract(database), IClassFixture<SqliteTestDatabase>;

public sealed class PostgresGrantRetentionTests(PostgresTestDatabase database) : GrantRetentionContract(database), IClassFixture<PostgresTestDatabase>;

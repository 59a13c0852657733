using IdentityProvider.Accounts.Throttling;
using IdentityProvider.Storage.Tests.Databases;
using IdentityProvider.Storage.Tests.Grants;
using Xunit;

namespace IdentityProvider.Storage.Tests.Devices;

/// <summary>Failed passwords in a row.</summary>
[Trait("row", "X14")]
public abstract class PasswordFailuresContract(TestDatabase database)
{
    private readonly Guid _user = Scene.Id();

    private IPasswordFailures Failures => database.Get<IPasswordFailures>();

    [Fact]
    public async Task They_add_up_are_taken_back_and_forgotten()
    {
        Assert.Equal(1, await Failures.RaiseAsync(_user));
        Assert.Equal(2, await Failures.RaiseAsync(_user));
        await Failures.LowerAsync(_user);
        Assert.Equal(2, await Failures.RaiseAsync(_user));
        await Failures.ResetAsync(_user);
        await Failures.LowerAsync(_user);
        Assert.Equal(1, await Failures.RaiseAsync(_user));
        Assert.Equal(1, await Failures.RaiseAsync(Scene.Id()));
    }

    [Fact]
    public async Task Of_many_at_once_each_counts()
    {
        var counts = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => Failures.RaiseAsync(_user))));

        Assert.Equal(Enumerable.Range(1, 20), counts.Order());
    }
}

public sealed class SqlitePasswordFailuresTests(SqliteTestDatabase database) : PasswordFailuresContract(database), IClassFixture<SqliteTestDatabase>;

public sealed class PostgresPasswordFailuresTests(PostgresTestDatabase database) : PasswordFailuresContract(database), IClassFixture<PostgresTestDatabase>;

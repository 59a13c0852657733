using System.Reflection;
using IdentityProvider.Storage.Grants;
using IdentityProvider.Storage.Tests.Databases;
using Npgsql;
using Xunit;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace IdentityProvider.Storage.Tests.Grants.Mutants;

/// <summary>
/// Can the contract suites fail? Each arm of each conditional statement of the PostgreSQL grant store is removed in turn, on its way to
/// the server, and some test goes red. <c>tests/run.sh --long</c> removes every arm, else a sample.
/// </summary>
public sealed class MutantTests(PostgresTestDatabase database, ITestOutputHelper output) : IClassFixture<PostgresTestDatabase>
{
    private const int SampledOneOf = 40;

    /// <summary>What no single call can tell, and why.</summary>
    private static readonly string[] s_outOfReach =
    [
        // A token becomes current between the two statements.
        "$3 = g.generation THEN NULL",

        // No retries are fewer than three.
        "g.retries_since IS NULL OR g.now - g.retries_since >= interval '24 hours' OR g.retries",

        // The age of a code that was not redeemed is NULL.
        "g.redeemed_at IS NOT NULL AND g.code_challenge",

        // Which clients hear of the end of a session: see LogoutNoticeContract.
        "c.document::json ->> 'BackChannelLogoutUri' IS NOT NULL",

        // More is read than is looked at.
        "g.verdict IN ('Retried', 'RetriedElsewhere', 'RetriedLate')",

        // More is locked than has to be, or in another order: see PostgresLockTests.
        "s.id = (SELECT session_id FROM grants",
        "s.user_id = (SELECT id FROM person)",
        "s.ended_at IS NULL ORDER BY",
        "(SELECT count(*) FROM before) >= 0",
    ];

    [Fact]
    public async Task A_grant_statement_without_one_of_its_arms_makes_a_contract_suite_red()
    {
        var direct = new NpgsqlConnectionStringBuilder(database.Options.ConnectionString);
        await using var relay = new StatementRelay(direct.Host!, direct.Port);
        Assert.Null(await FindRedAsync(relay, mutant: null));
        var statements = Statements().Select(variants => variants.Intersect(relay.Seen).ToArray()).Where(variants => variants.Length > 0).ToArray();

        // Of variants of one statement, an arm that all of them have is removed from the first.
        var mutants = statements.SelectMany(variants => variants.SelectMany(Mutant.Of).DistinctBy(mutant => mutant.Surroundings))
            .Where(mutant => !s_outOfReach.Any(mutant.Begins))
            .ToArray();
        var every = Environment.GetEnvironmentVariable("IDP_TEST_LONG") == "1" ? 1 : SampledOneOf;

        var survivors = new List<Mutant>();
        foreach (var mutant in mutants.Where((_, index) => index % every == 0))
        {
            var red = await FindRedAsync(relay, mutant);
            output.WriteLine($"{mutant}: {red ?? "SURVIVES"}");
            if (red is null)
            {
                survivors.Add(mutant);
            }
        }

        output.WriteLine($"{statements.Length} statements, {mutants.Length} arms");
        Assert.Empty(survivors);
    }

    private static IEnumerable<string[]> Statements() => typeof(PostgresGrantStore)
        .GetFields(BindingFlags.Static | BindingFlags.NonPublic)
        .Select(field => field.GetValue(null) switch
        {
            string text => [text],
            string[] variants => variants,
            _ => Array.Empty<string>(),
        });

    /// <summary>The first test that is red; null when all are green.</summary>
    private async Task<string?> FindRedAsync(StatementRelay relay, Mutant? mutant)
    {
        relay.Mutant = mutant;
        var mutated = new MutatedDatabase(database, relay);
        await mutated.InitializeAsync();
        try
        {
            foreach (var suite in (object[])[new Refresh(mutated), new Code(mutated), new AccessToken(mutated), new Reuse(mutated)])
            {
                foreach (var test in suite.GetType().GetMethods().Where(method => method.IsDefined(typeof(FactAttribute))))
                {
                    foreach (var arguments in Arguments(test))
                    {
                        try
                        {
                            await (Task)test.Invoke(suite, arguments)!;
                        }
                        catch (Exception exception) when (exception is XunitException or NpgsqlException or InvalidOperationException or NullReferenceException)
                        {
                            Assert.False(exception is PostgresException { SqlState: ['4', '2', ..] }, $"{mutant} is no statement: {exception.Message}");
                            return $"{test.Name} ({exception.GetType().Name})";
                        }
                    }
                }
            }

            return null;
        }
        finally
        {
            await mutated.DisposeAsync();
        }
    }

    private static IEnumerable<object?[]> Arguments(MethodInfo test) => test.GetCustomAttributes<DataAttribute>().ToArray() is { Length: > 0 } data
        ? data.SelectMany(it => it.GetData(test))
        : [[]];

    private sealed class MutatedDatabase(PostgresTestDatabase database, StatementRelay relay) : TestDatabase
    {
        public override StorageOptions Options => database.Options with
        {
            ConnectionString = new NpgsqlConnectionStringBuilder(database.Options.ConnectionString)
            {
                Host = "127.0.0.1",
                Port = relay.Port,
                SslMode = SslMode.Disable,
            }.ConnectionString,
        };
    }

    private sealed class Code(TestDatabase database) : CodeContract(database);

    private sealed class Refresh(TestDatabase database) : RefreshContract(database);

    private sealed class Reuse(TestDatabase database) : ReuseContract(database);

    private sealed class AccessToken(TestDatabase database) : AccessTokenContract(database);
}

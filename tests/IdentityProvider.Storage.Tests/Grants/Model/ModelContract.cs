using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using IdentityProvider.Protocol.Grants;
using IdentityProvider.Storage.Tests.Databases;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using Xunit.Abstractions;

namespace IdentityProvider.Storage.Tests.Grants.Model;

/// <summary>
/// Random histories of one family against the model, over two instances. <c>IDP_TEST_SEED</c> repeats a run; <c>tests/run.sh --long</c>
/// goes on for longer.
/// </summary>
public abstract class ModelContract(TestDatabase database, ITestOutputHelper output)
{
    private const int ShrinkingRuns = 300;
    private const int TriesPerScript = 3;

    private static readonly TimeSpan s_duration =
        TimeSpan.FromSeconds(Environment.GetEnvironmentVariable("IDP_TEST_LONG") == "1" ? 120 : 4);

    [Fact]
    public async Task Whatever_happens_at_once_the_answers_are_those_of_the_model()
    {
        await using var another = database.NewInstance();
        IGrantStore[] instances = [database.Grants, another.GetRequiredService<IGrantStore>()];

        var (runs, flaw) = await SearchAsync(instances, s_duration);

        output.WriteLine($"{runs} histories");
        Assert.True(flaw is null, flaw?.Message);
    }

    [Fact]
    public async Task The_model_finds_a_store_that_hands_out_successors_which_it_has_not_stored()
    {
        var losing = new LosingGrantStore(database.Grants);

        var (_, flaw) = await SearchAsync([losing], TimeSpan.FromMinutes(1));

        Assert.NotNull(flaw);
        output.WriteLine(flaw.Message);

        // Two would do. What is left out is left out one by one, which may end a little above.
        Assert.InRange(flaw.Script.Operations, 2, 5);
    }

    private async Task<(int Runs, Flaw? Flaw)> SearchAsync(IReadOnlyList<IGrantStore> instances, TimeSpan duration)
    {
        var given = Environment.GetEnvironmentVariable("IDP_TEST_SEED");
        var clock = Stopwatch.StartNew();
        for (var runs = 1; ; runs++)
        {
            var seed = given is null
                ? BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)))
                : ulong.Parse(given, CultureInfo.InvariantCulture);
            var script = Script.Generate(seed);
            if (await new ModelRun(database, instances, script).FindFlawAsync() is { } flaw)
            {
                var (shortest, why) = await ShrinkAsync(instances, script, flaw);
                return (runs, new Flaw(shortest, $"IDP_TEST_SEED={seed}{Environment.NewLine}{shortest}{Environment.NewLine}{why}"));
            }

            if (given is not null || clock.Elapsed > duration)
            {
                return (runs, null);
            }
        }
    }

    /// <summary>Leaves out what the flaw does not need. A race does not show each time, so each shorter script gets a few tries.</summary>
    private async Task<(Script Script, string Flaw)> ShrinkAsync(IReadOnlyList<IGrantStore> instances, Script script, string flaw)
    {
        var runs = 0;
        var shortened = true;
        while (shortened)
        {
            shortened = false;
            foreach (var shorter in script.Shorter())
            {
                for (var attempt = 0; attempt < TriesPerScript && !shortened && runs < ShrinkingRuns; attempt++, runs++)
                {
                    if (await new ModelRun(database, instances, shorter).FindFlawAsync() is { } still)
                    {
                        (script, flaw, shortened) = (shorter, still, true);
                    }
                }

                if (shortened)
                {
                    break;
                }
            }
        }

        return (script, flaw);
    }

    private sealed record Flaw(Script Script, string Message);
}

public sealed class SqliteModelTests(SqliteTestDatabase database, ITestOutputHelper output)
    : ModelContract(database, output), IClassFixture<SqliteTestDatabase>;

public sealed class PostgresModelTests(PostgresTestDatabase database, ITestOutputHelper output)
    : ModelContract(database, output), IClassFixture<PostgresTestDatabase>;

using System.CommandLine;
using IdentityProvider.Bench;
using IdentityProvider.Bench.Load;
using IdentityProvider.Bench.Primitives;
using IdentityProvider.Bench.Scenarios;
using IdentityProvider.Bench.Targets;

string[] targets = [OurServer.Name, Peer.InMemory, Peer.OnPostgres];
string[] scenarios = [.. Scenario.All.Select(scenario => scenario.Name)];

var scenario = new Option<string[]>("--scenario") { Description = "Only these.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => scenarios };
scenario.AcceptOnlyFromAmong(scenarios);
var target = new Option<string[]>("--target") { Description = "Only these.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => targets };
target.AcceptOnlyFromAmong(targets);
var seconds = new Option<int>("--seconds") { Description = "How long each scenario is measured.", DefaultValueFactory = _ => 15 };
var warmUp = new Option<int>("--warm-up") { Description = "Seconds before that, for .NET to compile what is hot.", DefaultValueFactory = _ => 20 };
var concurrency = new Option<int>("--concurrency") { Description = "Workers, each with one request at a time.", DefaultValueFactory = _ => 16 };
var rows = new Option<int>("--rows") { Description = "Grants that are stored before the load.", DefaultValueFactory = _ => 0 };
var noPrimitives = new Option<bool>("--no-primitives") { Description = "Do not measure the primitives." };
var port = new Option<int>("--port") { Required = true };
var database = new Option<string>("--database") { Required = true };

BenchRun Create(ParseResult parsed) => new(
    new BenchOptions
    {
        Scenarios = parsed.GetValue(scenario) ?? scenarios,
        Targets = parsed.GetValue(target) ?? targets,
        WarmUp = TimeSpan.FromSeconds(parsed.GetValue(warmUp)),
        Duration = TimeSpan.FromSeconds(parsed.GetValue(seconds)),
        Concurrency = parsed.GetValue(concurrency),
        Rows = parsed.GetValue(rows),
        Primitives = !parsed.GetValue(noPrimitives),
    },
    Console.Out);

var run = new Command("run", "Loads our server and the peer in turn, and compares.") { scenario, target, seconds, warmUp, concurrency, rows, noPrimitives };
run.SetAction(async (parsed, stop) =>
{
    try
    {
        await Create(parsed).RunAsync(stop);
        return 0;
    }
    catch (UnexpectedReplyException error)
    {
        await Console.Error.WriteLineAsync(error.Message);
        return 1;
    }
    catch (OperationCanceledException) when (stop.IsCancellationRequested)
    {
        return 130;
    }
});

var primitives = new Command("primitives", "Measures what the operations are made of.") { seconds, warmUp, concurrency, rows };
primitives.SetAction((parsed, stop) => Create(parsed).MeasurePrimitivesAsync(stop));

var sizes = new Option<int[]>("--sizes") { Description = "Grants in the store, one size after the other.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [10_000, 1_000_000, 10_000_000] };
var expired = new Option<int>("--expired") { Description = "Expired grants that are deleted under load at each size.", DefaultValueFactory = _ => 200_000 };
var growth = new Command("growth", "Whether the grant store costs the same however much is in it.") { sizes, expired, seconds, warmUp, concurrency };
growth.SetAction((parsed, stop) => new GrowthRun(
    parsed.GetValue(sizes)!, parsed.GetValue(expired), TimeSpan.FromSeconds(parsed.GetValue(warmUp)), TimeSpan.FromSeconds(parsed.GetValue(seconds)),
    parsed.GetValue(concurrency), Console.Out).RunAsync(stop));

var baseline = new Command("baseline-server", "The process whose endpoints are the primitives.") { port, database };
baseline.Hidden = true;
baseline.SetAction((parsed, _) => BaselineServer.RunAsync(parsed.GetValue(port), parsed.GetValue(database)!));

// Interrupted, it still stops what it has started.
return await new RootCommand("Load on the server, and on a peer, on one machine.") { run, primitives, growth, baseline }
    .Parse(args)
    .InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(60) });

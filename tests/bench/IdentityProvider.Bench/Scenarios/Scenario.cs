using IdentityProvider.Bench.Load;
using IdentityProvider.Bench.Primitives;
using IdentityProvider.Bench.Targets;

namespace IdentityProvider.Bench.Scenarios;

/// <summary>An operation that is put under load.</summary>
/// <param name="Name">How the command line names it.</param>
/// <param name="Primitives">What the operation cannot do without, each measured by itself; null: no aim is set for it.</param>
/// <param name="CreateWorkerAsync">Prepares one worker, by its number, and returns its operation.</param>
internal sealed record Scenario(string Name, Func<PrimitiveCosts, double>? Primitives, Func<Driver, int, Task<Func<Task>>> CreateWorkerAsync)
{
    /// <summary>The same, form and statement measured together in the smallest endpoint that does both.</summary>
    public Func<PrimitiveCosts, double>? Together { get; init; }

    private const string IdentityScope = "openid profile email";

    /// <summary>Distinct access tokens of each worker, each of a grant of its own.</summary>
    private const int TokensPerWorker = 100;

    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("discovery", cost => cost.JsonGet, (driver, _) => Worker(() => driver.GetJsonAsync(driver.Target.Metadata, "issuer"))),
        new("jwks", cost => cost.JsonGet, (driver, _) => Worker(() => driver.GetJsonAsync(driver.Target.Keys, "keys"))),
        new("client-credentials-es256", cost => cost.FormPost + cost.SignEs256, (driver, _) => Worker(() => driver.ClientCredentialsAsync(Cast.Es256))),
        new("client-credentials-rs256", cost => cost.FormPost + cost.SignRs256, (driver, _) => Worker(() => driver.ClientCredentialsAsync(Cast.Rs256))),
        new("introspect", cost => cost.FormPost + cost.PointQuery.Total, async (driver, number) =>
        {
            var next = Cycle(await AccessTokensAsync(driver, number));
            return () => driver.IntrospectAsync(next());
        })
        {
            Together = cost => cost.FormAndQuery.Total,
        },
        new("userinfo", cost => cost.JsonGet + cost.PointQuery.Total, async (driver, number) =>
        {
            var next = Cycle(await AccessTokensAsync(driver, number));
            return () => driver.UserInfoAsync(next(), Cast.Person(number));
        })
        {
            Together = cost => cost.JsonGet - cost.FormPost + cost.FormAndQuery.Total,
        },
        new("refresh-rs256", cost => cost.FormPost + cost.Update.Total + (2 * cost.SignRs256), (driver, number) =>
            RefreshChainAsync(driver, number, $"{IdentityScope} offline_access {Cast.Rs256.Scope}", Cast.Rs256))
        {
            Together = cost => cost.FormAndUpdate.Total + (2 * cost.SignRs256),
        },
        new("refresh-es256", cost => cost.FormPost + cost.Update.Total + cost.SignEs256, (driver, number) =>
            RefreshChainAsync(driver, number, $"offline_access {Cast.Es256.Scope}", Cast.Es256))
        {
            Together = cost => cost.FormAndUpdate.Total + cost.SignEs256,
        },

        // Authorize reads the session and writes the code; redemption is one writing statement.
        new("code-sso", cost => cost.JsonGet + cost.PointQuery.Total + cost.Update.Total + cost.FormPost + cost.Update.Total + (2 * cost.SignRs256), async (driver, number) =>
        {
            var browser = driver.NewBrowser();
            Task<Tokens> FlowAsync() => driver.CodeFlowAsync(browser, Cast.Person(number), $"{IdentityScope} {Cast.Rs256.Scope}", Cast.Rs256);
            await FlowAsync();
            return FlowAsync;
        })
        {
            Together = cost => cost.JsonGet - (2 * cost.FormPost) + cost.FormAndQuery.Total + (2 * cost.FormAndUpdate.Total) + (2 * cost.SignRs256),
        },
        new("code-sign-in", null, (driver, number) =>
            Worker(() => driver.CodeFlowAsync(driver.NewBrowser(), Cast.Person(number), $"{IdentityScope} {Cast.Rs256.Scope}", Cast.Rs256))),
    ];

    private static Task<Func<Task>> Worker(Func<Task> operation) => Task.FromResult(operation);

    private static async Task<Func<Task>> RefreshChainAsync(Driver driver, int number, string scope, ApiDescription api)
    {
        var tokens = await driver.CodeFlowAsync(driver.NewBrowser(), Cast.Person(number), scope, api, Cast.OfflineClient);
        var expectIdToken = scope.Contains("openid", StringComparison.Ordinal);
        return async () =>
        {
            var next = await driver.RefreshAsync(tokens.RefreshToken ?? throw new UnexpectedReplyException("token: no refresh token"));
            if (next.RefreshToken == tokens.RefreshToken || next.IdToken is null == expectIdToken)
            {
                throw new UnexpectedReplyException("token: the refresh token did not rotate, or the ID token is not as expected");
            }

            tokens = next;
        };
    }

    private static async Task<string[]> AccessTokensAsync(Driver driver, int number)
    {
        var browser = driver.NewBrowser();
        var tokens = new string[TokensPerWorker];
        for (var i = 0; i < tokens.Length; i++)
        {
            tokens[i] = (await driver.CodeFlowAsync(browser, Cast.Person(number), IdentityScope, api: null)).AccessToken;
        }

        return tokens;
    }

    private static Func<string> Cycle(string[] values)
    {
        var next = 0;
        return () => values[next++ % values.Length];
    }
}

using System.Text.Json;
using Npgsql;

namespace IdentityProvider.Bench.Targets;

/// <summary>npm's <c>oidc-provider</c>, in memory or on PostgreSQL.</summary>
internal static class Peer
{
    public const string InMemory = "oidc-provider";
    public const string OnPostgres = "oidc-provider+pg";

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web);

    public static async Task<Target> StartAsync(bool onPostgres, int people, int rows, int connections)
    {
        if (!Directory.Exists(Path.Combine(Repository.PeerDirectory, "node_modules")))
        {
            await ServerProcess.RunAsync("npm", "ci", "--silent", "--prefix", Repository.PeerDirectory);
        }

        var scratch = Directory.CreateTempSubdirectory("idp-bench.").FullName;
        var postgres = onPostgres ? await ThrowawayPostgres.StartAsync() : null;
        try
        {
            var port = Target.FreePort();
            var settings = Path.Combine(scratch, "settings.json");
            await File.WriteAllTextAsync(settings, Settings(port, people, postgres, connections));
            var target = await Target.StartAsync(
                onPostgres ? OnPostgres : InMemory,
                postgres,
                scratch,
                port,
                log => ServerProcess.Start(
                    log, new Dictionary<string, string> { ["NODE_ENV"] = "production" }, Repository.PeerDirectory, "node", "server.js", settings));
            if (postgres is not null && rows > 0)
            {
                await postgres.ExecuteAsync(FillWithTokens(rows));
                await postgres.ExecuteAsync("VACUUM ANALYZE");
                await postgres.ExecuteAsync("CHECKPOINT");
            }

            return target;
        }
        catch when (postgres is not null)
        {
            await postgres.DisposeAsync();
            throw;
        }
    }

    private static string Settings(int port, int people, ThrowawayPostgres? postgres, int connections)
    {
        var database = postgres is null ? null : new NpgsqlConnectionStringBuilder(postgres.ConnectionString);
        return JsonSerializer.Serialize(
            new
            {
                port,
                accounts = Cast.People(people),
                Cast.Password,
                resources = Cast.Apis,
                clients = new object[]
                {
                    new { Id = Cast.WebClient, Cast.Secret, GrantTypes = (string[])["authorization_code"], RedirectUris = (string[])[Cast.RedirectUri] },
                    new { Id = Cast.OfflineClient, Cast.Secret, GrantTypes = (string[])["authorization_code", "refresh_token"], RedirectUris = (string[])[Cast.RedirectUri] },
                    new { Id = Cast.MachineClient, Cast.Secret, GrantTypes = (string[])["client_credentials"], RedirectUris = (string[])[] },
                },
                database = database is null ? null : new { database.Host, database.Port, User = database.Username, database.Database, connections },
            },
            s_json);
    }

    private static string FillWithTokens(int rows) => $$"""
        INSERT INTO oidc_payloads (id, type, payload, grant_id, expires_at)
        SELECT md5(n::text) || md5((n + 1)::text), 'RefreshToken',
            jsonb_build_object('iat', 1, 'exp', 2, 'accountId', 'person-' || n, 'clientId', '{{Cast.OfflineClient}}', 'grantId', md5(n::text),
                'gty', 'authorization_code', 'kind', 'RefreshToken', 'scope', 'openid profile email offline_access', 'sessionUid', md5(n::text)),
            md5(n::text), now() + interval '14 days'
        FROM generate_series(1, {{rows}}) n
        """;
}

using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace IdentityProvider.Bench.Targets;

/// <summary>Our server, running, with its database and the settings that it runs with.</summary>
internal sealed record OurTarget(Target Target, ThrowawayPostgres Postgres, IReadOnlyDictionary<string, string> Settings);

/// <summary>Our server, as in production, on PostgreSQL.</summary>
internal static class OurServer
{
    public const string Name = "IdentityProvider";

    private const int GrantsPerPerson = 5;

    private static readonly object[] s_secrets = [new { Value = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Cast.Secret))) }];

    public static async Task<OurTarget> StartAsync(int people, int rows)
    {
        if (!File.Exists(Repository.Server))
        {
            throw new InvalidOperationException($"{Repository.Server} does not exist. Build this project in the same configuration first.");
        }

        var scratch = Directory.CreateTempSubdirectory("idp-bench.").FullName;
        var postgres = await ThrowawayPostgres.StartAsync();
        try
        {
            var seed = Path.Combine(scratch, "seed.json");
            await File.WriteAllTextAsync(seed, Seed(people));
            var port = Target.FreePort();
            var environment = Settings(port, postgres.ConnectionString, seed);
            var target = await Target.StartAsync(
                Name, postgres, scratch, port, log => ServerProcess.Start(log, environment, scratch, "dotnet", Repository.Server));
            await GrowAsync(postgres, 0, rows);
            return new OurTarget(target, postgres, environment);
        }
        catch
        {
            await postgres.DisposeAsync();
            throw;
        }
    }

    /// <summary>Production, with its log and its events; only what a load on one machine cannot have is let through.</summary>
    private static Dictionary<string, string> Settings(int port, string connectionString, string seed) => new()
    {
        ["DOTNET_ENVIRONMENT"] = "Production",
        ["ASPNETCORE_ENVIRONMENT"] = "Production",
        ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{port}",
        ["Issuer"] = $"http://127.0.0.1:{port}",
        ["Production__Allow"] = "HttpIssuer",
        ["MasterKey"] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)),
        ["Database__Provider"] = "Postgres",
        ["Database__MigrateOnStart"] = "true",
        ["ConnectionStrings__Database"] = connectionString,
        ["Seed__Path"] = seed,
        ["RateLimits__Enabled"] = "false",
        ["Passwords__CheckBreachesOnline"] = "false",

        // The peer compares a plain string; a real hash would be all that the sign-in scenario shows.
        ["Argon2__MemoryKiB"] = "8",
        ["Argon2__Iterations"] = "1",
    };

    private static string Seed(int people)
    {
        return JsonSerializer.Serialize(new
        {
            Clients = new object[]
            {
                WebClient(Cast.WebClient, offline: false),
                WebClient(Cast.OfflineClient, offline: true),
                new
                {
                    ClientId = Cast.MachineClient,
                    ClientSecrets = s_secrets,
                    AllowedGrantTypes = new[] { "client_credentials" },
                    AllowedScopes = Cast.Apis.Select(api => api.Scope),
                },
            },
            ApiScopes = Cast.Apis.Select(api => new { Name = api.Scope }),
            ApiResources = Cast.Apis.Select(api => new
            {
                api.Name,
                Scopes = new[] { api.Scope },
                AllowedAccessTokenSigningAlgorithms = new[] { api.Algorithm },
            }),
            IdentityResources = new object[]
            {
                new { Name = "openid", UserClaims = new[] { "sub" }, Required = true },
                new { Name = "profile", UserClaims = new[] { "name" } },
                new { Name = "email", UserClaims = new[] { "email", "email_verified" } },
            },
            Users = Cast.People(people).Select(name => new
            {
                Username = name,
                Cast.Password,
                Email = $"{name}@example.test",
                // Each sign-in of the bench comes from a new browser: to a confirmed address it would be told by mail, once the limits are off.
                EmailVerified = false,
                Claims = new { name },
            }),
        });
    }

    private static object WebClient(string id, bool offline) => new
    {
        ClientId = id,
        ClientSecrets = s_secrets,
        AllowedGrantTypes = new[] { "authorization_code" },
        RedirectUris = new[] { Cast.RedirectUri },
        AllowedScopes = (string[])["openid", "profile", "email", .. Cast.Apis.Select(api => api.Scope)],
        AllowOfflineAccess = offline,
        RefreshTokenUsage = "OneTimeOnly",
    };

    /// <summary>Adds grants until there are so many, a few for each person, with the table as it is after an autovacuum.</summary>
    public static async Task GrowAsync(ThrowawayPostgres postgres, int from, int to)
    {
        if (to > from)
        {
            await postgres.ExecuteAsync(FillWithGrants(from, to));
            await postgres.ExecuteAsync("VACUUM ANALYZE");
            await postgres.ExecuteAsync("CHECKPOINT");
        }
    }

    /// <summary>Adds the people of those grants, each like one who is there.</summary>
    public static Task AddPeopleAsync(ThrowawayPostgres postgres, int from, int to) => postgres.ExecuteAsync($"""
        INSERT INTO "AspNetUsers"
        SELECT person.* FROM "AspNetUsers" u CROSS JOIN generate_series({from} / {GrantsPerPerson}, {to} / {GrantsPerPerson}) n
            CROSS JOIN LATERAL jsonb_populate_record(u, jsonb_build_object(
                'Id', {SubjectOf("n")}, 'UserName', 'filler ' || n, 'NormalizedUserName', 'FILLER ' || n, 'Email', NULL, 'NormalizedEmail', NULL)) person
        WHERE u."UserName" = '{Cast.Person(0)}'
        ON CONFLICT DO NOTHING
        """);

    private static string SubjectOf(string person) => $"md5('person ' || {person})::uuid";

    private static string FillWithGrants(int from, int to) => $$"""
        INSERT INTO grants (id, client_id, subject_id, subject_epoch, session_id, ends_with_session, scopes, resources, auth_time, acr, amr,
            generation, secret_hash, retries, late_retry_used, idle_expires_at, absolute_expires_at, created_at)
        SELECT gen_random_uuid(), '{{Cast.OfflineClient}}', {{SubjectOf($"n / {GrantsPerPerson}")}}, 0, gen_random_uuid(), FALSE, '{openid,profile,email,offline_access}', '{}',
            now(), '1', '{pwd}', 1, sha256(n::text::bytea), 0, FALSE, now() + interval '14 days', now() + interval '30 days', now()
        FROM generate_series({{from + 1}}, {{to}}) n
        """;
}

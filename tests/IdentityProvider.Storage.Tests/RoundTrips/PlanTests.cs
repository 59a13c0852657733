using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using IdentityProvider.Accounts.Transitions;
using IdentityProvider.Protocol.Clients;
using IdentityProvider.Protocol.Outbox;
using IdentityProvider.Storage.Database;
using IdentityProvider.Storage.Tests.Databases;
using IdentityProvider.Storage.Tests.SystemTests;
using IdentityProvider.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using Xunit;

namespace IdentityProvider.Storage.Tests.RoundTrips;

/// <summary>
/// How PostgreSQL finds the rows of a request, once there are many: its own account of every plan that it has run (auto_explain), as it
/// sends it to the server.
/// </summary>
public sealed partial class PlanTests : IAsyncLifetime
{
    private const int Rows = 20_000;

    private const string Explain =
        "-c session_preload_libraries=auto_explain -c auto_explain.log_min_duration=0 -c auto_explain.log_level=notice -c client_min_messages=notice";

    private const string Clients = """
        {
          "Clients": [
            {
              "ClientId": "opaque", "ClientSecrets": [{ "Plaintext": "opaque-secret" }], "AccessTokenType": "Reference",
              "AllowedGrantTypes": ["authorization_code"], "RedirectUris": ["https://opaque.example/callback"],
              "AllowedScopes": ["openid", "profile", "api.read"], "AllowOfflineAccess": true
            }
          ]
        }
        """;

    private static readonly string[] s_growing =
    [
        "grants", "authorization_codes", "sessions", "consents", "reference_tokens", "revoked_access_tokens", "outbox", "security_events",
        "one_time_tokens", "known_devices", "interactions", "used_challenges", "external_logins", "AspNetUsers", "AspNetUserClaims",
    ];

    private readonly PostgresTestDatabase _database = new();
    private readonly StringBuilder _heard = new();
    private CountingRelay _relay = null!;
    private TestHost _host = null!;

    public async Task InitializeAsync()
    {
        await _database.CreateAsync();
        _relay = RoundTripFixture.RelayTo(_database);
        _relay.Overhear = received =>
        {
            lock (_heard)
            {
                _heard.Append(Encoding.UTF8.GetString(received.Span));
            }
        };
        _host = await TestHost.StartAsync(options =>
        {
            options.Time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
            options.ExtraSeed = Clients;
            options.Settings["Database:Provider"] = "Postgres";
            options.Settings["ConnectionStrings:Database"] =
                new NpgsqlConnectionStringBuilder(RoundTripFixture.Through(_relay, _database)) { Options = Explain }.ConnectionString;
        });
    }

    public async Task DisposeAsync()
    {
        await _host.DisposeAsync();
        await _relay.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task Every_statement_of_a_request_finds_its_rows_by_an_index()
    {
        using var browser = await _host.SignInAsync("alice");
        await FillAsync();
        lock (_heard)
        {
            _heard.Clear();
        }

        var app = App.Spa;
        var tokens = await app.TokensAsync(browser);
        var successor = (await app.RefreshAsync(_host.Http, tokens["refresh_token"])).Succeeds();
        (await app.RefreshAsync(_host.Http, tokens["refresh_token"])).Succeeds();
        Assert.True(await App.IsActiveAsync(_host.Http, successor["access_token"]));
        (await App.UserInfoAsync(_host.Http, successor["access_token"])).Succeeds();
        await app.RefreshAsync(_host.Http, successor["refresh_token"] + "x");
        await RefuseAsync(browser);
        await UseReferenceTokenAsync(browser);
        await browser.PostFormAsync("/account/logout", []);
        Assert.False(await App.IsActiveAsync(_host.Http, successor["access_token"]));
        Assert.False(await App.IsActiveAsync(_host.Http, tokens["access_token"]));
        var transitions = _host.Services.GetRequiredService<IAccountTransitions>();
        await transitions.WithdrawConsentAsync(Alice, "spa");
        Assert.NotNull(await transitions.LockAsync(Alice, "test"));
        _ = await _host.Services.GetRequiredService<IOutboxStore>().ClaimAsync("mail", 16, TimeSpan.FromMinutes(1), CancellationToken.None);
        await RemoveAndReturnAsync("opaque");
        await _host.Services.GetRequiredService<ExpiredRowCleanup>().RunAsync(CancellationToken.None);

        var plans = Plans();
        Assert.Contains(plans, plan => plan.Contains("Index Scan using \"PK_grants\"", StringComparison.Ordinal));
        Assert.Contains(plans, plan => plan.Contains("UPDATE grants", StringComparison.Ordinal) && plan.Contains("IX_grants_subject_id", StringComparison.Ordinal));
        foreach (var touched in (string[])["IX_outbox_kind_due_at", "IX_consents_client_id", "Insert on revoked_access_tokens", "Insert on reference_tokens", "Index Scan using \"PK_reference_tokens\"", "Insert on security_events"])
        {
            Assert.Contains(plans, plan => plan.Contains(touched, StringComparison.Ordinal));
        }

        Assert.All(plans, plan => Assert.DoesNotContain(ScannedTables(plan), table => s_growing.Contains(table)));
    }

    /// <summary>A code and a refresh token that come again, and tokens that are revoked.</summary>
    private async Task RefuseAsync(HttpClient browser)
    {
        var app = App.Spa;
        var code = await app.CodeAsync(browser);
        var given = (await app.RedeemAsync(_host.Http, code)).Succeeds();
        (await app.RedeemAsync(_host.Http, code)).Fails(HttpStatusCode.BadRequest, "invalid_grant");
        Assert.False(await App.IsActiveAsync(_host.Http, given["access_token"]));

        var first = await app.TokensAsync(browser);
        var second = (await app.RefreshAsync(_host.Http, first["refresh_token"])).Succeeds();
        (await app.RefreshAsync(_host.Http, second["refresh_token"])).Succeeds();
        await using (var connection = new NpgsqlConnection(_database.Options.ConnectionString))
        {
            await connection.OpenAsync();
            await ExecuteAsync(connection, "UPDATE grants SET rotated_at = rotated_at - interval '31 s' WHERE generation = 3 AND revoked_at IS NULL");
        }

        (await app.RefreshAsync(_host.Http, first["refresh_token"])).Fails(HttpStatusCode.BadRequest, "invalid_grant");
        Assert.False(await App.IsActiveAsync(_host.Http, second["access_token"]));

        var revoked = await app.TokensAsync(browser);
        foreach (var token in (string[])["access_token", "refresh_token"])
        {
            using var answer = await _host.Http.PostAsync("/connect/revocation", ("client_id", "spa"), ("token", revoked[token]));
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        Assert.False(await App.IsActiveAsync(_host.Http, revoked["access_token"]));
    }

    private async Task RemoveAndReturnAsync(string client)
    {
        var catalog = _host.Services.GetRequiredService<ICatalogStore>();
        await catalog.ApplyAsync(new CatalogContents(), new CatalogRemovals { Clients = [client] }, CancellationToken.None);
        await catalog.ApplyAsync(new CatalogContents { Clients = [new Client { ClientId = client }] }, new CatalogRemovals(), CancellationToken.None);
    }

    private async Task UseReferenceTokenAsync(HttpClient browser)
    {
        var app = new App("opaque", "opaque-secret", "https://opaque.example/callback");
        var tokens = await app.TokensAsync(browser);
        Assert.DoesNotContain('.', tokens["access_token"]);
        Assert.True(await App.IsActiveAsync(_host.Http, tokens["access_token"]));
        (await App.UserInfoAsync(_host.Http, tokens["access_token"])).Succeeds();
        using var answer = await _host.Http.PostAsync(
            "/connect/revocation", ("client_id", "opaque"), ("client_secret", "opaque-secret"), ("token", tokens["access_token"]));
        Assert.False(await App.IsActiveAsync(_host.Http, tokens["access_token"]));
    }

    private static Guid Alice { get; } = Guid.Parse("5d2f0c8e-7a54-4c1d-9b3e-1f6a2b9c0a11");

    /// <summary>Of every table that grows with the people, so many rows that a scan would never be the right plan.</summary>
    private async Task FillAsync()
    {
        await using var connection = new NpgsqlConnection(_database.Options.ConnectionString);
        await connection.OpenAsync();

        // Claims of people who are not there are as good as any.
        await ExecuteAsync(connection, "SET session_replication_role = replica");
        foreach (var table in s_growing)
        {
            await ExecuteAsync(connection, await CopiesOfOneRowAsync(connection, table));
        }

        await ExecuteAsync(connection, "VACUUM ANALYZE");
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>
    /// Columns that must differ do; the others have the plainest value of their type. Times are to come, but for codes, most of which are
    /// over and kept for a day.
    /// </summary>
    private static async Task<string> CopiesOfOneRowAsync(NpgsqlConnection connection, string table)
    {
        var columns = new List<(string Name, string Value)>();
        await using var command = new NpgsqlCommand(
            """
            SELECT column_name, data_type FROM information_schema.columns
            WHERE table_name = $1 AND table_schema = 'public' AND is_nullable = 'NO' AND is_identity = 'NO' AND column_default IS NULL
            """,
            connection)
        { Parameters = { new NpgsqlParameter<string> { TypedValue = table } } };
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            columns.Add((reader.GetString(0), reader.GetString(1) switch
            {
                "uuid" => "gen_random_uuid()",
                "bytea" => "sha256(n::text::bytea)",
                "text" or "character varying" => "'filler ' || n",
                "timestamp with time zone" when table == "authorization_codes" => "now() + interval '1 minute' - n * interval '4 seconds'",
                "timestamp with time zone" => "now() + interval '1 day' + n * interval '1 second'",
                "boolean" => "FALSE",
                "ARRAY" => "'{}'",
                _ => "0",
            }));
        }

        return $"""
            INSERT INTO "{table}" ({string.Join(", ", columns.Select(it => $"\"{it.Name}\""))})
            SELECT {string.Join(", ", columns.Select(it => it.Value))} FROM generate_series(1, {Rows}) n
            """;
    }

    private List<string> Plans()
    {
        lock (_heard)
        {
            return [.. Plan().Split(_heard.ToString()).Skip(1)];
        }
    }

    private static IEnumerable<string> ScannedTables(string plan) => SequentialScan().Matches(plan).Select(match => match.Groups[1].Value);

    [GeneratedRegex("""Mduration: [0-9.]+ ms  plan:""")]
    private static partial Regex Plan();

    [GeneratedRegex("""Seq Scan on "?(\w+)"?""")]
    private static partial Regex SequentialScan();
}

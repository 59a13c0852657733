using System.Security.Cryptography;
using System.Text;
using Xunit;

namespace IdentityProvider.Tests.Configuration;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("sed", "plan")]
    [InlineData("keys", "retire")]
    [InlineData("mail", "test")]
    [InlineData("--Issuer")]
    [InlineData("serve", "now")]
    [InlineData("users", "lock", "alice")]
    [InlineData("users", "list", "--limit", "0")]
    [InlineData("sessions", "list")]
    [InlineData("sessions", "end")]
    [InlineData("sessions", "end", "nothing")]
    [InlineData("sessions", "end", "018f3c1e-7a10-7000-8000-000000000b0b", "--user", "alice")]
    public async Task Wrong_usage_is_code_2(params string[] arguments)
    {
        var (code, output, error) = await Startup.RunAsync(arguments);

        Assert.Equal(2, code);
        Assert.Empty(output);
        Assert.Contains("`idp help` lists the commands.", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_names_every_verb()
    {
        var (code, output, _) = await Startup.RunAsync("help");

        Assert.Equal(0, code);
        Assert.All(["serve", "migrate", "seed", "keys", "secret", "master-key", "mail", "users", "sessions", "drill", "healthcheck"], verb => Assert.Contains($"  {verb} ", output, StringComparison.Ordinal));
    }

    [Fact]
    [Trait("row", "P16")]
    public async Task A_generated_secret_comes_with_the_hash_that_a_seed_wants()
    {
        var (code, output, _) = await Startup.RunAsync("secret", "generate");

        Assert.Equal(0, code);
        var words = output.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        var secret = Assert.Single(words, word => word.Length == 64);
        Assert.Contains(Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(secret))), words);
    }

    [Fact]
    [Trait("row", "P16")]
    public async Task A_generated_master_key_has_256_bits_and_is_one_that_Production_takes()
    {
        var (code, output, _) = await Startup.RunAsync("master-key", "generate");
        Assert.Equal(0, code);
        var key = output.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Single(word => word.Length == 44);
        Assert.Equal(32, Convert.FromBase64String(key).Length);

        var (_, _, error) = await Startup.StartAsync(("MasterKey", key));

        Assert.StartsWith("The database is unavailable", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Commands_work_on_a_fresh_database_step_by_step()
    {
        var directory = Directory.CreateTempSubdirectory("idp-test-");
        var seed = Path.Combine(directory.FullName, "seed.json");
        await File.WriteAllTextAsync(seed, TestSeed.Default);
        string[] settings =
        [
            "--environment=Development", "--Database:Provider=Sqlite", $"--ConnectionStrings:Database=Data Source={directory.FullName}/idp.db",
            $"--Keys:Directory={directory.FullName}/keys", $"--Seed:Path={seed}", "--Argon2:MemoryKiB=8", "--Argon2:Iterations=1",
        ];
        Task<(int Code, string Output, string Error)> Idp(params string[] arguments) => Startup.RunAsync([.. arguments, .. settings]);

        Assert.Contains("Run `idp migrate` first", (await Idp("keys", "list")).Error, StringComparison.Ordinal);
        Assert.Equal(0, (await Idp("migrate")).Code);
        Assert.Contains("The database is up to date.", (await Idp("migrate")).Output, StringComparison.Ordinal);

        Assert.Contains("+ client web", (await Idp("seed", "plan")).Output, StringComparison.Ordinal);
        Assert.Contains("+ user alice", (await Idp("seed", "apply")).Output, StringComparison.Ordinal);
        Assert.Contains("Nothing to change.", (await Idp("seed", "apply")).Output, StringComparison.Ordinal);

        // What is exported can be read again, and is what is stored.
        var exported = Path.Combine(directory.FullName, "exported.json");
        await File.WriteAllTextAsync(exported, (await Idp("seed", "export")).Output);
        Assert.Contains("Nothing to change.", (await Idp("seed", "plan", "--path", exported)).Output, StringComparison.Ordinal);

        Assert.Equal(0, (await Idp("keys", "rotate", "--now")).Code);
        var (_, keys, _) = await Idp("keys", "list");
        var kid = keys.Split('\n').First(line => line.Contains(" signing ", StringComparison.Ordinal)).Split(' ')[0];
        Assert.Matches($"{kid} .* retired ", (await Idp("keys", "retire", kid)).Output);
        Assert.Equal(1, (await Idp("keys", "retire", "nothing")).Code);

        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        directory.Delete(recursive: true);
    }
}

using System.Net;
using IdentityProvider.Testing;
using Xunit;

namespace IdentityProvider.Storage.Tests.SystemTests;

public sealed class StartTests
{
    [Fact]
    public async Task Instances_that_start_together_on_an_empty_database_become_one_installation()
    {
        await using var installation = await Installation.CreateAsync();

        var hosts = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => installation.StartAsync())));
        try
        {
            Assert.Equal(1, await installation.ReadAsync<long>("SELECT count(*) FROM root_key"));
            Assert.Equal(1, await installation.ReadAsync<long>("SELECT count(*) FROM data_protection_keys"));
            Assert.Equal(2, await installation.ReadAsync<long>("SELECT count(*) FROM signing_keys"));
            Assert.Equal(2, await installation.ReadAsync<long>("""SELECT count(*) FROM "AspNetUsers" """));
            Assert.Equal(6, await installation.ReadAsync<long>("SELECT count(*) FROM clients"));
            var keys = await Task.WhenAll(hosts.Select(host => App.PublishedKeysAsync(host.Http)));
            Assert.Equal(2, keys[0].Count);
            Assert.All(keys, published => Assert.Equal(keys[0], published));

            // One key ring: a form of one instance is good at the next, and so is the session that it makes.
            var cookies = new CookieContainer();
            var browsers = hosts.Select(host => Browsers.New(host.Issuer, cookies)).ToList();
            using var form = await browsers[0].GetAsync("/account/login");
            var token = (await form.ReadHtmlAsync()).QuerySelector("input[name=__RequestVerificationToken]")!.GetAttribute("value")!;
            using var signIn = await browsers[1].PostAsync(
                "/account/login", ("username", "alice"), ("password", "alice"), ("__RequestVerificationToken", token));
            Assert.Equal(HttpStatusCode.SeeOther, signIn.StatusCode);

            // One root key: each instance signs, seals and opens what all others do.
            var app = App.Rotating;
            var tokens = await app.RedeemAsync(browsers[3], await app.CodeAsync(browsers[2]));
            foreach (var host in hosts)
            {
                tokens = (await app.RefreshAsync(host.Http, tokens.Succeeds()["refresh_token"])).Succeeds();
                foreach (var other in hosts)
                {
                    Assert.True(await App.IsActiveAsync(other.Http, tokens["access_token"]));
                }
            }

            browsers.ForEach(browser => browser.Dispose());
        }
        finally
        {
            foreach (var host in hosts)
            {
                await host.DisposeAsync();
            }
        }
    }

    /// <summary>Each instance keeps the ring that it has read for a day.</summary>
    [Fact]
    public async Task Instances_that_start_together_on_an_empty_database_without_a_seed_agree_on_one_key_ring()
    {
        await using var installation = await Installation.CreateAsync();
        Assert.Equal(0, (await IdpProcess.RunAsync("migrate", installation.Settings)).ExitCode);

        var starts = Enumerable.Range(0, 3).Select(_ => IdpProcess.ServeAsync(installation.Settings)).ToList();
        foreach (var start in starts)
        {
            await using var instance = await start;
        }

        Assert.Equal(1, await installation.ReadAsync<long>("SELECT count(*) FROM data_protection_keys"));
    }

    [Fact]
    public async Task Production_with_the_demo_seed_does_not_start_and_writes_nothing()
    {
        await using var installation = await Installation.CreateAsync();
        installation.Settings["Production:Allow"] = "HttpIssuer";
        installation.Settings["Seed:Path"] = Path.Combine(Repository.Root, "seed");

        var start = await IdpProcess.RunAsync("serve --urls=http://127.0.0.1:0", installation.Settings);

        Assert.Equal(1, start.ExitCode);
        Assert.Contains("clients.json", start.Error, StringComparison.Ordinal);
        Assert.Contains("Production:Allow=DemoSeed", start.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", start.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Now listening", start.Output, StringComparison.Ordinal);
        Assert.Equal(0, await installation.ReadAsync<long>("""SELECT (SELECT count(*) FROM clients) + (SELECT count(*) FROM "AspNetUsers")"""));
    }

    [Fact]
    public async Task An_instance_that_starts_waits_for_another_ones_seed_longer_than_a_request_would()
    {
        await using var installation = await Installation.CreateAsync();
        Assert.Equal(0, (await IdpProcess.RunAsync("migrate", installation.Settings)).ExitCode);

        await using var seeding = await installation.LockAsync("SELECT 1 FROM catalog_version FOR UPDATE");
        var start = installation.StartAsync();
        await Eventually.BecomesAsync(
            () => installation.ReadAsync<bool>(
                """
                SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
                    AND query_start < clock_timestamp() - interval '4 s')
                """),
            waits => waits || start.IsCompleted,
            "The start waits for the lock");
        Assert.False(start.IsCompleted);

        await seeding.RollbackAsync();
        await using var host = await start;
        (await App.Machine.ClientCredentialsAsync(host.Http)).Succeeds();
        await seeding.Connection!.DisposeAsync();
    }
}

using System.Net;
using IdentityProvider.Hosting.Configuration;
using IdentityProvider.Protocol.Keys;
using Xunit;

namespace IdentityProvider.Storage.Tests.SystemTests;

public sealed class MasterKeyTests
{
    private const string Everything =
        "SELECT (SELECT string_agg(key_id || created_at || sealed_private_key::text, ',' ORDER BY key_id) FROM signing_keys) || (SELECT wrapped_key::text FROM root_key)";

    [Fact]
    public async Task Another_master_key_refuses_to_start_and_makes_no_keys()
    {
        await using var installation = await Installation.CreateAsync();
        await using (await installation.StartAsync())
        {
        }

        var before = await StoredKeysAsync(installation);
        var settings = new Dictionary<string, string>(installation.Settings) { ["MasterKey"] = MasterKey.Generate() };
        var refused = await IdpProcess.RunAsync("serve", settings);

        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("PreviousMasterKey", refused.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", refused.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(settings["MasterKey"], refused.Error + refused.Output, StringComparison.Ordinal);
        Assert.Equal(before, await StoredKeysAsync(installation));
    }

    [Fact]
    public async Task A_new_master_key_takes_over_while_an_instance_with_the_old_one_runs()
    {
        await using var installation = await Installation.CreateAsync();
        var oldKey = installation.Settings["MasterKey"];
        await using var old = await installation.StartAsync();
        var browser = await old.SignInAsync("alice");
        var app = App.Rotating;
        var before = await app.TokensAsync(browser);
        var keys = await App.PublishedKeysAsync(old.Http);

        installation.Settings["MasterKey"] = MasterKey.Generate();
        await using var next = await installation.StartAsync(clock: null, ("PreviousMasterKey", oldKey));
        Assert.Equal(keys, await App.PublishedKeysAsync(next.Http));
        Assert.True(await App.IsActiveAsync(next.Http, before["access_token"]));

        // The family goes on across both, and so does the session.
        var there = (await app.RefreshAsync(next.Http, before["refresh_token"])).Succeeds();
        var here = (await app.RefreshAsync(old.Http, there["refresh_token"])).Succeeds();
        Assert.True(await App.IsActiveAsync(old.Http, there["access_token"]));
        Assert.True(await App.IsActiveAsync(next.Http, here["access_token"]));
        using var sameBrowser = Browsers.New(next.Issuer, new CookieContainer());
        await next.SignInAsync("alice", browser: sameBrowser);
        Assert.True(await App.IsActiveAsync(old.Http, (await app.TokensAsync(sameBrowser))["access_token"]));

        // Afterwards the new key is enough, and the old one is not.
        await using var last = await installation.StartAsync();
        (await app.RefreshAsync(last.Http, here["refresh_token"])).Succeeds();
        await Assert.ThrowsAsync<ConfigurationException>(() => installation.StartAsync(clock: null, ("MasterKey", oldKey)));
        Assert.Equal(keys, await App.PublishedKeysAsync(last.Http));
    }

    private static Task<string> StoredKeysAsync(Installation installation) => installation.ReadAsync<string>(Everything);
}

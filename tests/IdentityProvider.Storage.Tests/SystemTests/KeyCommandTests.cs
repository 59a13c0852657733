using System.Net;
using Xunit;

namespace IdentityProvider.Storage.Tests.SystemTests;

/// <summary><c>idp keys</c> as a process of its own, while a server runs.</summary>
public sealed class KeyCommandTests
{
    [Fact]
    public async Task A_running_server_signs_with_a_rotated_key_and_refuses_what_a_retired_one_signed()
    {
        await using var installation = await Installation.CreateAsync();
        await using var host = await installation.StartAsync();
        var browser = await host.SignInAsync("alice");
        var old = await App.Web.TokensAsync(browser);
        var oldKey = App.KeyOf(old["access_token"]);

        var rotated = await IdpProcess.RunAsync("keys rotate --now", installation.Settings);
        Assert.True(rotated.ExitCode == 0, rotated.Error);
        var newKey = Row(rotated.Output, "ES256", "signing");
        Assert.NotEqual(oldKey, newKey);
        Assert.Equal(oldKey, Row(rotated.Output, "ES256", "published"));
        await Eventually.BecomesAsync(
            async () => App.KeyOf((await App.Machine.ClientCredentialsAsync(host.Http)).Succeeds()["access_token"]), key => key == newKey,
            "The server signs with the new key");
        Assert.True(await App.IsActiveAsync(host.Http, old["access_token"]));
        Assert.Contains(oldKey, await App.PublishedKeysAsync(host.Http));

        var retired = await IdpProcess.RunAsync($"keys retire {oldKey}", installation.Settings);
        Assert.True(retired.ExitCode == 0, retired.Error);
        Assert.Equal(oldKey, Row(retired.Output, "ES256", "retired"));
        await Eventually.BecomesAsync(() => App.IsActiveAsync(host.Http, old["access_token"]), active => !active, "Introspection refuses the retired key");
        (await App.UserInfoAsync(host.Http, old["access_token"])).Fails(HttpStatusCode.Unauthorized, "invalid_token");
        Assert.DoesNotContain(oldKey, await App.PublishedKeysAsync(host.Http));

        // What the grant gives now is signed by the new key, and good.
        var fresh = (await App.Web.RefreshAsync(host.Http, old["refresh_token"])).Succeeds();
        Assert.Equal(newKey, App.KeyOf(fresh["access_token"]));
        (await App.UserInfoAsync(host.Http, fresh["access_token"])).Succeeds();
    }

    [Fact]
    public async Task A_key_that_does_not_exist_cannot_be_retired()
    {
        await using var installation = await Installation.CreateAsync();
        await using (await installation.StartAsync())
        {
        }

        var result = await IdpProcess.RunAsync("keys retire nonsense", installation.Settings);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("nonsense", result.Error, StringComparison.Ordinal);
    }

    /// <summary>The id in the one row of this algorithm and state.</summary>
    private static string Row(string table, string algorithm, string state) => Assert.Single(
        table.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)),
        columns => columns.Length > 2 && columns[1] == algorithm && columns[2] == state)[0];
}

using IdentityProvider.Accounts.Profiles;
using IdentityProvider.Accounts.Users;
using IdentityProvider.Tests.Support;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace IdentityProvider.Tests.Account;

/// <summary>A server with people of its own, since the tests of the account change them.</summary>
public sealed class AccountServer : IAsyncLifetime
{
    private static readonly string[] s_people = ["ada", "ben", "dora", "emil", "eve", "fay", "gus", "hal", "ida", "jan", "kim", "leo", "mia", "nora", "otto", "pia", "quin", "rosa", "sven", "tom"];

    internal Provider Provider { get; } = new();

    public Task InitializeAsync() => Provider.StartAsync(options => options.ExtraSeed = $$"""
        { "Users": [
            { "Username": "cleo", "Password": "cleo", "Roles": ["editor"], "Claims": { "department": "Print" } },
            {{string.Join(',', s_people.Select(name => $$"""{ "Username": "{{name}}", "Password": "{{name}}", "Email": "{{name}}@example.org", "EmailVerified": true }"""))}}
        ] }
        """);

    public Task DisposeAsync() => Provider.DisposeAsync();

    internal async Task<Browser> SignInAsync(string username)
    {
        var browser = Provider.NewBrowser();
        await browser.SignInAsync(await browser.GetAsync("/account/login"), username);
        return browser;
    }

    internal async Task<User> FindAsync(string username) =>
        await FindOrNullAsync(username) ?? throw new InvalidOperationException($"There is no {username}.");

    internal async Task<bool> ExistsAsync(string username) => await FindOrNullAsync(username) is not null;

    private async Task<User?> FindOrNullAsync(string username)
    {
        await using var scope = Provider.Host.Services.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<UserManager<User>>().FindByNameAsync(username);
    }

    internal async Task<PersonProfile> FindProfileAsync(string username) =>
        (await Provider.Host.Services.GetRequiredService<IProfileStore>().ReadAsync((await FindAsync(username)).Id, CancellationToken.None))!;
}

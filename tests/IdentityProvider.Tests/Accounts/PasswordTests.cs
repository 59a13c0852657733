using IdentityProvider.Accounts.Passwords;
using IdentityProvider.Accounts.Users;
using IdentityProvider.Tests.Support;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Xunit;

namespace IdentityProvider.Tests.Accounts;

/// <summary>A server whose password hashes are counted.</summary>
public sealed class PasswordFixture : IAsyncLifetime
{
    public Provider Provider { get; } = new();

    public Task InitializeAsync() => Provider.StartAsync(options =>
    {
        options.Configure = CountingPasswordHasher.Install;
        options.Settings["RateLimits:Enabled"] = "false";
    });

    public Task DisposeAsync() => Provider.DisposeAsync();
}

/// <summary>How passwords are stored, upgraded and checked.</summary>
public sealed class PasswordTests(PasswordFixture fixture) : IClassFixture<PasswordFixture>
{
    private const string Argon2id = @"^\$argon2id\$v=19\$m=8,t=1,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$";

    private readonly Provider _provider = fixture.Provider;

    [Fact]
    [Trait("row", "P1")]
    [Trait("row", "P3")]
    public async Task A_password_is_stored_as_Argon2id_with_a_salt_of_its_own()
    {
        var first = await HashOfAsync("alice");
        await ChangeAsync("carol", user => user.PasswordHash = Hasher.HashPassword(user, "alice"));

        Assert.Matches(Argon2id, first);
        Assert.Matches(Argon2id, await HashOfAsync("carol"));
        Assert.NotEqual(first, await HashOfAsync("carol"));
    }

    [Fact]
    [Trait("row", "P1")]
    public async Task A_sign_in_renews_a_hash_of_another_cost_and_leaves_a_current_one()
    {
        var options = _provider.Host.Services.GetRequiredService<IOptions<Argon2Options>>().Value;
        Assert.True(await SignsInAsync("bob", "bob"));
        var before = await HashOfAsync("bob");
        Assert.True(await SignsInAsync("bob", "bob"));
        Assert.Equal(before, await HashOfAsync("bob"));

        options.Iterations = 2;
        Assert.False(await SignsInAsync("bob", "wrong"));
        Assert.Equal(before, await HashOfAsync("bob"));
        Assert.True(await SignsInAsync("bob", "bob"));
        Assert.Contains("$m=8,t=2,p=1$", await HashOfAsync("bob"), StringComparison.Ordinal);

        options.Iterations = 1;
        Assert.True(await SignsInAsync("bob", "bob"));
        Assert.Matches(Argon2id, await HashOfAsync("bob"));
    }

    [Theory]
    [InlineData(PasswordHasherCompatibilityMode.IdentityV2)]
    [InlineData(PasswordHasherCompatibilityMode.IdentityV3)]
    [Trait("row", "P2")]
    public async Task A_hash_of_ASP_NET_Identity_verifies_and_is_replaced_by_Argon2id(PasswordHasherCompatibilityMode version)
    {
        var hasher = new PasswordHasher<User>(Options.Create(new PasswordHasherOptions { CompatibilityMode = version }));
        var imported = hasher.HashPassword(new User(), "a password from before");
        await ChangeAsync("carol", user => user.PasswordHash = imported);

        Assert.False(await SignsInAsync("carol", "carol"));
        Assert.Equal(imported, await HashOfAsync("carol"));
        Assert.True(await SignsInAsync("carol", "a password from before"));

        Assert.Matches(Argon2id, await HashOfAsync("carol"));
        Assert.True(await SignsInAsync("carol", "a password from before"));
        Assert.False(await SignsInAsync("carol", "carol"));
    }

    [Theory]
    [InlineData("not a hash")]
    [InlineData("$argon2id$v=19$m=8,t=1,p=1$")]
    [InlineData("AQAAAA==")]
    [InlineData("")]
    public async Task A_stored_hash_that_is_none_is_a_wrong_password(string hash)
    {
        await ChangeAsync("carol", user => user.PasswordHash = hash);

        Assert.False(await SignsInAsync("carol", "carol"));
    }

    [Fact]
    [Trait("row", "P5")]
    public async Task Every_refused_sign_in_costs_one_hash_of_the_current_cost()
    {
        await ChangeAsync("carol", user => user.DisabledAt = _provider.Time.GetUtcNow());
        await ChangeAsync("dave", user => user.PasswordHash = null);
        foreach (var name in new[] { "alice", "nobody", "nobody@people.example", "carol", "dave" })
        {
            Hasher.Verified.Clear();

            Assert.False(await SignsInAsync(name, "wrong"));

            Assert.Matches(Argon2id, Assert.Single(Hasher.Verified));
        }

        await ChangeAsync("carol", user => user.DisabledAt = null);
    }

    [Fact]
    public async Task An_answer_does_not_tell_whether_the_account_exists()
    {
        await ChangeAsync("carol", user => (user.DisabledAt, user.PasswordHash) = (_provider.Time.GetUtcNow(), Hasher.HashPassword(user, "carol")));
        var answers = new List<string?>();
        foreach (var name in new[] { "alice", "nobody", "carol" })
        {
            var browser = _provider.NewBrowser();
            var page = await browser.SignInAsync(await browser.GetAsync("/account/login"), name, name == "carol" ? "carol" : "wrong");
            answers.Add(page.Document.GetElementById("sign-in-problem")?.TextContent);
        }

        Assert.NotNull(Assert.Single(answers.Distinct()));
        await ChangeAsync("carol", user => user.DisabledAt = null);
    }

    [Theory]
    [InlineData("ALICE", "alice", true)]
    [InlineData("alice@people.example", "alice", true)]
    [InlineData("alice", "Alice", false)]
    [InlineData("alice", "alice ", false)]
    [InlineData("alice", "alice\uFFFE", false)]
    [InlineData("alice\uFFFE", "alice", false)]
    [InlineData("\uFFFE@people.example", "alice", false)]
    public async Task Names_ignore_case_and_passwords_do_not(string username, string password, bool succeeds) =>
        Assert.Equal(succeeds, await SignsInAsync(username, password));

    [Fact]
    public async Task The_same_characters_typed_on_another_keyboard_are_the_same_password()
    {
        await ChangeAsync("carol", user => user.PasswordHash = Hasher.HashPassword(user, "cafe\u0301 \U0001F600"));

        Assert.True(await SignsInAsync("carol", "caf\u00e9 \U0001F600"));
    }

    private CountingPasswordHasher Hasher => _provider.Host.Services.GetRequiredService<CountingPasswordHasher>();

    private async Task<bool> SignsInAsync(string username, string password)
    {
        var browser = _provider.NewBrowser();
        var page = await browser.SignInAsync(await browser.GetAsync("/account/login"), username, password);
        Assert.True(page.Url.AbsolutePath == "/account" ^ page.Has("sign-in-problem"));
        return !page.Has("sign-in-problem");
    }

    private async Task<string?> HashOfAsync(string username)
    {
        string? hash = null;
        await ChangeAsync(username, user => hash = user.PasswordHash);
        return hash;
    }

    private async Task ChangeAsync(string username, Action<User> change)
    {
        await using var scope = _provider.Host.Services.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<User>>();
        var user = await users.FindByNameAsync(username);
        change(user!);
        Assert.True((await users.UpdateAsync(user!)).Succeeded);
    }
}

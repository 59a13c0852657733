using IdentityProvider.Accounts.OneTimeTokens;
using IdentityProvider.Accounts.Sessions;
using IdentityProvider.Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Accounts;

/// <summary>What happens while a session begins.</summary>
public sealed class SessionStartTests
{
    private const string Seed = """{"Users":[{"Username":"anna","Password":"anna","Email":"anna@example.com","EmailVerified":true}]}""";

    [Fact]
    [Trait("row", "E3")]
    public async Task A_mail_that_cannot_be_written_refuses_no_sign_in_and_the_next_one_is_told()
    {
        var failing = false;
        await using var provider = await StartAsync(options => options.Configure = builder => Intercepted<IOneTimeTokenStore>.Install(builder, (_, method, _) =>
        {
            if (failing && method == nameof(IOneTimeTokenStore.IssueAsync))
            {
                throw new IOException("The database is away.");
            }
        }));
        var inbox = new Mailbox(provider.Host, "anna@example.com", signIns: true);
        await SignInAsync(provider.NewBrowser());

        var browser = provider.NewBrowser();
        failing = true;
        await SignInAsync(browser);
        Assert.Empty(inbox.All);

        failing = false;
        await SignInAsync(browser, "/account/login?switch=true");
        Assert.NotNull(await inbox.NextAsync());
    }

    [Fact]
    public async Task A_session_that_ends_while_the_same_person_signs_in_again_is_followed_by_a_new_one()
    {
        var ends = false;
        await using var provider = await StartAsync(options => options.Configure = builder => Intercepted<ISessionStore>.Install(builder, (store, method, arguments) =>
        {
            if (ends && method == nameof(ISessionStore.SaveAsync))
            {
                ends = false;
                store.EndAsync(((NewSession)arguments[0]!).Id, "elsewhere").GetAwaiter().GetResult();
            }
        }));
        var browser = provider.NewBrowser();
        await SignInAsync(browser);

        ends = true;
        await SignInAsync(browser, "/account/login?switch=true");
        Assert.False(ends);
    }

    private static async Task SignInAsync(Browser browser, string url = "/account/login")
    {
        Assert.Equal("/account", (await browser.SignInAsync(await browser.GetAsync(url), "anna")).Url.AbsolutePath);
        Assert.False((await browser.GetAsync("/account")).IsSignIn);
    }

    private static async Task<Running> StartAsync(Action<TestHostOptions> configure)
    {
        var running = new Running();
        await running.Provider.StartAsync(options =>
        {
            options.ExtraSeed = Seed;
            configure(options);
        });
        return running;
    }

    private sealed class Running : IAsyncDisposable
    {
        public Provider Provider { get; } = new();

        public TestHost Host => Provider.Host;

        public Browser NewBrowser() => Provider.NewBrowser();

        public async ValueTask DisposeAsync() => await Provider.DisposeAsync();
    }
}

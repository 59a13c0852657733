using System.Collections.Concurrent;
using IdentityProvider.Accounts.Events;
using IdentityProvider.Accounts.Notifications;
using IdentityProvider.Accounts.OneTimeTokens;
using IdentityProvider.Accounts.Registration;
using IdentityProvider.Accounts.Users;
using IdentityProvider.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace IdentityProvider.Tests.Accounts;

/// <summary>A code of which nobody is told is right for nobody, not even for who guesses it.</summary>
public sealed class UntoldCodeTests : IAsyncLifetime
{
    private const string Password = "a long enough pass phrase";

    private readonly Provider _provider = new();
    private readonly ConcurrentQueue<NewOneTimeToken> _issued = new();

    public Task InitializeAsync() => _provider.StartAsync(options => options.Configure = builder => builder.Host.UseServiceProviderFactory(new Listening(_issued)));

    public Task DisposeAsync() => _provider.DisposeAsync();

    [Fact]
    public async Task Who_registers_with_an_address_that_has_an_account_does_not_get_into_it_by_a_guess()
    {
        var owner = _provider.NewBrowser();
        var page = await RegisterAsync(owner, "olive", "olive@people.example");
        await owner.SubmitAsync(page, "verify-submit", ("code", (await new Mailbox(_provider.Host, "olive@people.example").NextAsync()).Code));

        var thief = _provider.NewBrowser();
        page = await RegisterAsync(thief, "otto", "olive@people.example");
        for (var i = 0; i < 2; i++)
        {
            Assert.DoesNotMatch("^[0-9]", _issued.Last().Code);
            await thief.SubmitAsync(page, "verify-submit", ("code", _issued.Last().Code!));
            Assert.True((await thief.GetAsync("/account")).IsSignIn);
            page = await thief.SubmitAsync(page, "resend-submit");
        }

        await thief.SignInAsync(await thief.GetAsync("/account/login"), "otto", Password);
        await thief.SubmitAsync(await thief.GetAsync("/account/verify-email"), "verify-submit", ("code", _issued.Last().Code!));
        Assert.Contains("not confirmed", (await thief.GetAsync("/account/email")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_of_another_account_and_one_that_has_got_too_many_mails_are_not_taken_by_a_guess()
    {
        var browser = _provider.NewBrowser();
        await browser.SignInAsync(await browser.GetAsync("/account/login"), "bob");
        for (var i = 0; i < 6; i++)
        {
            var page = await browser.GetAsync("/account/email");
            page = await browser.SubmitAsync(page, "email-submit", ("email", "somebody@people.example"));
            Assert.True(page.Has("code"));
        }

        var page2 = await browser.GetAsync("/account/email");
        page2 = await browser.SubmitAsync(page2, "email-submit", ("email", "alice@people.example"));
        Assert.True(page2.Has("code"));

        // What is typed are six digits.
        Assert.Matches("^[0-9]{6}$", _issued.First().Code);
        Assert.All(_issued.Skip(5), token => Assert.DoesNotMatch("^[0-9]", token.Code));
        await browser.SubmitAsync(page2, "code-submit", ("code", _issued.Last().Code!));
        Assert.DoesNotContain("alice@people.example", (await browser.GetAsync("/account/profile")).Text, StringComparison.Ordinal);
    }

    private static async Task<Page> RegisterAsync(Browser browser, string name, string email) =>
        await browser.SubmitAsync(await browser.GetAsync("/account/register"), "register-submit", ("username", name), ("email", email), ("password", Password));

    /// <summary>Puts the listener before the store once all services are known.</summary>
    private sealed class Listening(ConcurrentQueue<NewOneTimeToken> issued) : IServiceProviderFactory<IServiceCollection>
    {
        public IServiceCollection CreateBuilder(IServiceCollection services)
        {
            var store = services.Last(service => service.ServiceType == typeof(IOneTimeTokenStore));
            var registration = services.Last(service => service.ServiceType == typeof(IRegistrationStore)).ImplementationType!;
            return services
                .AddSingleton<IOneTimeTokenStore>(provider => new Overheard((IOneTimeTokenStore)store.ImplementationFactory!(provider), issued))
                .AddSingleton<IRegistrationStore>(provider => new OverheardRegistration((IRegistrationStore)ActivatorUtilities.CreateInstance(provider, registration), issued));
        }

        public IServiceProvider CreateServiceProvider(IServiceCollection containerBuilder) => containerBuilder.BuildServiceProvider();
    }

    private sealed class OverheardRegistration(IRegistrationStore store, ConcurrentQueue<NewOneTimeToken> issued) : IRegistrationStore
    {
        public Task<bool> RegisterAsync(User user, NewOneTimeToken token, OutgoingMail? mail, ChangeNotice? notice = null)
        {
            issued.Enqueue(token);
            return store.RegisterAsync(user, token, mail, notice);
        }

        public Task<bool> ConfirmEmailAsync(Guid userId, string email, ChangeNotice? notice = null) => store.ConfirmEmailAsync(userId, email, notice);
    }

    /// <summary>The store, and who listens to what is written to it.</summary>
    private sealed class Overheard(IOneTimeTokenStore store, ConcurrentQueue<NewOneTimeToken> issued) : IOneTimeTokenStore
    {
        public Task IssueAsync(NewOneTimeToken token, OutgoingMail? mail)
        {
            issued.Enqueue(token);
            return store.IssueAsync(token, mail);
        }

        public Task<OneTimeToken?> LookAsync(string purpose, OneTimeLink link, CancellationToken cancellationToken) => store.LookAsync(purpose, link, cancellationToken);

        public Task<OneTimeToken?> FindAsync(string purpose, Guid id, CancellationToken cancellationToken) => store.FindAsync(purpose, id, cancellationToken);

        public Task<IReadOnlyList<OneTimeToken>> ListAsync(Guid userId, string purpose, CancellationToken cancellationToken) => store.ListAsync(userId, purpose, cancellationToken);

        public Task<OneTimeToken?> ConsumeAsync(string purpose, OneTimeLink link) => store.ConsumeAsync(purpose, link);

        public Task<OneTimeCodeAnswer> TryCodeAsync(string purpose, Guid id, string code, byte[]? browserHash) => store.TryCodeAsync(purpose, id, code, browserHash);

        public Task VoidAsync(Guid userId, string purpose) => store.VoidAsync(userId, purpose);
    }
}

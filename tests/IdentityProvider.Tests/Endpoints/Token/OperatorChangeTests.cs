using IdentityProvider.Protocol.Clients;
using IdentityProvider.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace IdentityProvider.Tests.Endpoints.Token;

/// <summary>What an operator takes away from a client is gone from its next token, whatever was granted before.</summary>
public sealed class OperatorChangeTests(Provider provider) : IClassFixture<Provider>
{
    private const string Scope = "openid offline_access api.read reports.read";

    private readonly ICatalogStore _catalog = provider.Host.Services.GetRequiredService<ICatalogStore>();

    [Fact]
    public async Task A_scope_that_is_taken_from_the_client_is_in_no_refreshed_token()
    {
        var client = provider.Client("spa");
        var tokens = await client.SignInAsync(provider.NewBrowser(), Scope);
        await WithAsync(contents => Edit(contents, "spa", spa => spa with { AllowedScopes = [.. spa.AllowedScopes.Except(["reports.read"])] }), async () =>
        {
            var refreshed = (await client.RefreshAsync(tokens.RefreshToken)).Succeeds();

            Assert.Equal("openid offline_access api.read", refreshed.String("scope"));
            Assert.Equal("api", Jwt.Claims(refreshed.AccessToken).GetProperty("aud").GetString());
            (await client.RefreshAsync(refreshed.RefreshToken, ("scope", "reports.read"))).Fails("invalid_scope");

            // That was seen before the token was used.
            provider.Time.Advance(TimeSpan.FromMinutes(1));
            (await client.RefreshAsync(refreshed.RefreshToken)).Succeeds();
        });
    }

    [Fact]
    public async Task A_scope_or_an_API_that_is_disabled_is_in_no_refreshed_token()
    {
        var client = provider.Client("spa");
        var tokens = await client.SignInAsync(provider.NewBrowser(), Scope);
        await WithAsync(contents => new CatalogContents { ApiScopes = [contents.ApiScopes.Single(scope => scope.Name == "api.read") with { Enabled = false }] }, async () =>
            Assert.Equal("openid offline_access reports.read", (await client.RefreshAsync(tokens.RefreshToken)).Succeeds().String("scope")));
        await WithAsync(contents => new CatalogContents { ApiResources = [contents.ApiResources.Single(api => api.Name == "api") with { Enabled = false }] }, async () =>
            Assert.Equal("openid offline_access reports.read", (await client.RefreshAsync(tokens.RefreshToken)).Succeeds().String("scope")));
    }

    [Fact]
    public async Task When_nothing_is_left_the_refresh_is_invalid_scope()
    {
        var client = provider.Client("spa");
        var tokens = await client.SignInAsync(provider.NewBrowser(), "offline_access api.read");
        await WithAsync(contents => Edit(contents, "spa", spa => spa with { AllowedScopes = ["openid"] }), async () =>
            (await client.RefreshAsync(tokens.RefreshToken)).Fails("invalid_scope"));
    }

    [Fact]
    public async Task A_consent_that_was_remembered_counts_no_more_when_the_client_may_not_be_remembered()
    {
        var (client, browser) = (provider.Client("partner"), provider.NewBrowser());
        var page = await browser.SignInAsync(await browser.GetAsync(RelyingParty.AuthorizeUrl(client.Request())), "dave");
        await browser.SubmitAsync(page, "consent-allow", ("remember", "true"));
        Assert.NotNull(Callback.Of(await browser.GetAsync(RelyingParty.AuthorizeUrl(client.Request())))["code"]);

        await WithAsync(contents => Edit(contents, "partner", partner => partner with { AllowRememberConsent = false }), async () =>
        {
            var silent = client.Request(changes: ("prompt", "none"));
            FlowChecks.CheckError(provider, silent, Callback.Of(await browser.GetAsync(RelyingParty.AuthorizeUrl(silent))), "consent_required");
            var asked = await browser.GetAsync(RelyingParty.AuthorizeUrl(client.Request()));
            Assert.True(asked.IsConsent);
            Assert.NotNull(Callback.Of(await browser.SubmitAsync(asked, "consent-allow"))["code"]);
        });
    }

    private static CatalogContents Edit(CatalogContents contents, string client, Func<Client, Client> change) =>
        new() { Clients = [change(contents.Clients.Single(stored => stored.ClientId == client))] };

    private async Task WithAsync(Func<CatalogContents, CatalogContents> change, Func<Task> test)
    {
        var before = await _catalog.LoadAsync(CancellationToken.None);
        await _catalog.ApplyAsync(change(before), new CatalogRemovals(), CancellationToken.None);
        try
        {
            await test();
        }
        finally
        {
            await _catalog.ApplyAsync(before, new CatalogRemovals(), CancellationToken.None);
        }
    }
}

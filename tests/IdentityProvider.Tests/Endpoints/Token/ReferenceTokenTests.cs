using System.Net;
using IdentityProvider.Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Endpoints.Token;

/// <summary>
/// A reference token is stored after the code or refresh token has been accepted, since what it stands for is known only then. What an
/// outage between the two costs.
/// </summary>
public sealed class ReferenceTokenTests : IAsyncLifetime
{
    private const string Clients = """
        {
          "Clients": [
            {
              "ClientId": "opaque", "AccessTokenType": "Reference", "ClientSecrets": [{ "Plaintext": "opaque-key-of-the-tests" }],
              "RefreshTokenUsage": "OneTimeOnly", "AllowedGrantTypes": ["authorization_code"], "RequirePkce": false,
              "RedirectUris": ["https://opaque.example/callback"], "AllowedScopes": ["openid", "api.read"], "AllowOfflineAccess": true
            }
          ]
        }
        """;

    private readonly Provider _provider = new();

    public Task InitializeAsync() => _provider.StartAsync(options => options.ExtraSeed = Clients);

    public Task DisposeAsync() => _provider.DisposeAsync();

    [Fact]
    public async Task A_refresh_is_healed_by_its_retry_which_gets_the_one_successor_and_a_token_that_works()
    {
        var client = Client();
        var first = await client.SignInAsync(_provider.NewBrowser(), "openid offline_access api.read");

        var failed = await WhileNothingIsStoredAsync(() => client.RefreshAsync(first.RefreshToken));
        var retried = (await client.RefreshAsync(first.RefreshToken)).Succeeds();
        var again = (await client.RefreshAsync(first.RefreshToken)).Succeeds();

        Assert.Equal(HttpStatusCode.InternalServerError, failed.Status);
        Assert.Equal(retried.RefreshToken, again.RefreshToken);
        Assert.True(await IsActiveAsync(retried.AccessToken));
        (await client.RefreshAsync(retried.RefreshToken)).Succeeds();
    }

    [Fact]
    public async Task A_code_is_used_up_and_the_person_is_sent_through_again_without_a_question()
    {
        var client = Client();
        var browser = _provider.NewBrowser();
        await browser.SignInAsync(await browser.GetAsync("/account/login"));
        var callback = await client.AuthorizeAsync(browser, "openid api.read");

        var failed = await WhileNothingIsStoredAsync(() => client.RedeemAsync(callback));

        Assert.Equal(HttpStatusCode.InternalServerError, failed.Status);
        (await client.RedeemAsync(callback)).Fails("invalid_grant");
        var tokens = (await client.RedeemAsync(await client.AuthorizeAsync(browser, "openid api.read"))).Succeeds();
        Assert.True(await IsActiveAsync(tokens.AccessToken));
    }

    private RelyingParty Client() => new(_provider, "opaque", "opaque-key-of-the-tests", "https://opaque.example/callback");

    private async Task<bool> IsActiveAsync(string token) =>
        (await _provider.Api("api").IntrospectAsync(token)).Succeeds().Json.GetProperty("active").GetBoolean();

    private async Task<Answer> WhileNothingIsStoredAsync(Func<Task<Answer>> request)
    {
        await _provider.Host.ExecuteAsync("CREATE TRIGGER outage BEFORE INSERT ON reference_tokens BEGIN SELECT RAISE(ABORT, 'no'); END");
        var answer = await request();
        await _provider.Host.ExecuteAsync("DROP TRIGGER outage");
        return answer;
    }
}

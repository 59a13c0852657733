using System.Net;
using IdentityProvider.Protocol.Keys;
using IdentityProvider.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace IdentityProvider.Tests.Endpoints.Token;

/// <summary>
/// The retry matrix: a refresh token comes again in time, late, or when it is two generations old, at once or later; and meanwhile
/// something else has changed. The answer is the same successor again, or one error; and whatever is refused leaves the newest token as it
/// was, but for reuse, which ends the family.
/// </summary>
public sealed class RefreshRetryTests(RefreshProvider provider) : IClassFixture<RefreshProvider>
{
    private const string Same = "the same successor";
    private const string Reuse = "invalid_grant, and the family has ended";

    public enum Change
    {
        Nothing,
        NarrowerScope,
        OneOfItsResources,
        WiderScope,
        ForeignResource,
        AnotherClient,
        WrongSecret,
        KeyRetired,
        IdTokenExpired,
        ClientDisabled,
        UserLocked,
    }

    public enum When
    {
        InWindow,
        Late,
        Stale,
        StaleAfterWindow,
    }

    /// <summary>In the window; late, of a public client; late, of one that authenticates; two generations old; the same, after the window.</summary>
    private static readonly (Change Change, string InWindow, string LatePublic, string LateConfidential, string Stale, string StaleAfterWindow)[] s_table =
    [
        (Change.Nothing, Same, "invalid_grant", Same, "invalid_grant", Reuse),
        (Change.NarrowerScope, Same, "invalid_grant", Same, "invalid_grant", Reuse),
        (Change.OneOfItsResources, Same, "invalid_grant", Same, "invalid_grant", Reuse),
        (Change.WiderScope, "invalid_scope", "invalid_scope", "invalid_scope", "invalid_scope", "invalid_scope"),
        (Change.ForeignResource, "invalid_target", "invalid_target", "invalid_target", "invalid_target", "invalid_target"),
        (Change.AnotherClient, "invalid_grant", "invalid_grant", "invalid_grant", "invalid_grant", "invalid_grant"),
        (Change.WrongSecret, "invalid_client", "invalid_client", "invalid_client", "invalid_client", "invalid_client"),
        (Change.KeyRetired, Same, "invalid_grant", Same, "invalid_grant", Reuse),
        (Change.IdTokenExpired, Same, "invalid_grant", Same, "invalid_grant", Reuse),
        (Change.ClientDisabled, "invalid_client", "invalid_client", "invalid_client", "invalid_client", "invalid_client"),
        (Change.UserLocked, "invalid_grant", "invalid_grant", "invalid_grant", "invalid_grant", "invalid_grant"),
    ];

    public static TheoryData<string, Change, When, string> Cells()
    {
        var cells = new TheoryData<string, Change, When, string>();
        foreach (var row in s_table)
        {
            foreach (var client in new[] { "page", "rotating" }.Where(client => row.Change != Change.WrongSecret || client != "page"))
            {
                cells.Add(client, row.Change, When.InWindow, row.InWindow);
                cells.Add(client, row.Change, When.Late, client == "page" ? row.LatePublic : row.LateConfidential);
                cells.Add(client, row.Change, When.Stale, row.Stale);
                cells.Add(client, row.Change, When.StaleAfterWindow, row.StaleAfterWindow);
            }
        }

        return cells;
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public async Task A_retry_is_answered_as_the_table_says(string clientId, Change change, When when, string expected)
    {
        var client = provider.Client(clientId);
        var first = await client.SignInAsync(provider.Provider.NewBrowser(), RefreshProvider.Scope);
        var newest = (await client.RefreshAsync(first.RefreshToken)).Succeeds();
        if (when is When.Stale or When.StaleAfterWindow)
        {
            newest = (await client.RefreshAsync(newest.RefreshToken)).Succeeds();
        }

        provider.Provider.Time.Advance(TimeSpan.FromSeconds(when is When.Late or When.StaleAfterWindow ? 45 : change == Change.IdTokenExpired ? 10 : 1));
        await MakeAsync(change, clientId, first);
        var answer = await RetryAsync(change, client, first.RefreshToken);
        await UndoAsync(change, clientId);

        if (expected == Same)
        {
            Assert.Equal(newest.RefreshToken, answer.Succeeds().RefreshToken);
            Assert.NotEqual(newest.AccessToken, answer.AccessToken);
            Assert.Equal(HttpStatusCode.OK, (await client.UserInfoAsync(answer.AccessToken)).Status);
            Assert.True(Jwt.Claims(answer.IdToken).GetProperty("exp").GetInt64() > provider.Provider.Time.GetUtcNow().ToUnixTimeSeconds());
            Assert.Equal(
                change switch
                {
                    Change.NarrowerScope => "openid",
                    Change.OneOfItsResources => "openid profile offline_access reports.read",
                    _ => RefreshProvider.Scope,
                },
                answer.String("scope"));
        }
        else
        {
            answer.Fails(
                expected == Reuse ? "invalid_grant" : expected, expected == "invalid_client" ? HttpStatusCode.Unauthorized : HttpStatusCode.BadRequest);
        }

        var next = await client.RefreshAsync(newest.RefreshToken);
        if (expected == Reuse)
        {
            next.Fails("invalid_grant");
        }
        else
        {
            next.Succeeds();
        }
    }

    private async Task MakeAsync(Change change, string clientId, Answer first)
    {
        switch (change)
        {
            case Change.KeyRetired:
                await provider.Provider.Host.Services.GetRequiredService<SigningKeys>().RetireAsync(Jwt.Header(first.AccessToken).GetProperty("kid").GetString()!, CancellationToken.None);
                break;
            case Change.ClientDisabled:
                await provider.EnableAsync(clientId, enabled: false);
                break;
            case Change.UserLocked:
                await provider.ChangeAsync("alice", user => user.DisabledAt = provider.Provider.Time.GetUtcNow());
                break;
        }
    }

    private async Task UndoAsync(Change change, string clientId)
    {
        if (change == Change.ClientDisabled)
        {
            await provider.EnableAsync(clientId, enabled: true);
        }
        else if (change == Change.UserLocked)
        {
            await provider.ChangeAsync("alice", user => user.DisabledAt = null);
        }
    }

    private Task<Answer> RetryAsync(Change change, RelyingParty client, string refreshToken) => change switch
    {
        Change.NarrowerScope => client.RefreshAsync(refreshToken, ("scope", "openid")),
        Change.OneOfItsResources => client.RefreshAsync(refreshToken, ("resource", "https://reports.example")),
        Change.WiderScope => client.RefreshAsync(refreshToken, ("scope", "openid api.write")),
        Change.ForeignResource => client.RefreshAsync(refreshToken, ("resource", "ledger")),
        Change.AnotherClient => provider.Client(client.ClientId == "page" ? "patient" : "impatient").RefreshAsync(refreshToken),
        Change.WrongSecret => new RelyingParty(provider.Provider, client.ClientId, "wrong", client.RedirectUri).RefreshAsync(refreshToken),
        _ => client.RefreshAsync(refreshToken),
    };
}

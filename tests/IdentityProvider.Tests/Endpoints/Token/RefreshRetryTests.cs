using System.Net;
using IdentityProvider.Protocol.Keys;
using IdentityProvider.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace IdentityProvider.Tests.Endpoints.Token;

/// <summary>
/// The retry matrix: a refresh token comes again in time, late, or when it is two generations old; and meanwhile something else has
/// changed. The answer is the same successor again, or one error; and whatever is refused leaves the newest token as it was.
/// </summary>
public sealed class RefreshRetryTests(RefreshProvider provider) : IClassFixture<RefreshProvider>
{
    private const string Same = "the same successor";
    private const string Refused = "any refusal";

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
    }

    /// <summary>In the window; late, of a public client; late, of one that authenticates; two generations old.</summary>
    private static readonly (Change Change, string InWindow, string LatePublic, string LateConfidential, string Stale)[] s_table =
    [
        (Change.Nothing, Same, "invalid_grant", Same, "invalid_grant"),
        (Change.NarrowerScope, Same, "invalid_grant", Same, "invalid_grant"),
        (Change.OneOfItsResources, Same, "invalid_grant", Same, "invalid_grant"),
        (Change.WiderScope, "invalid_scope", "invalid_scope", "invalid_scope", "invalid_scope"),
        (Change.ForeignResource, "invalid_target", "invalid_target", "invalid_target", "invalid_target"),
        (Change.AnotherClient, "invalid_grant", "invalid_grant", "invalid_grant", "invalid_grant"),
        (Change.WrongSecret, "invalid_client", "invalid_client", "invalid_client", "invalid_client"),
        (Change.KeyRetired, Same, "invalid_grant", Same, "invalid_grant"),
        (Change.IdTokenExpired, Same, "invalid_grant", Same, "invalid_grant"),
        (Change.ClientDisabled, Refused, Refused, Refused, Refused),
        (Change.UserLocked, "invalid_grant", "invalid_grant", "invalid_grant", "invalid_grant"),
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
        if (when == When.Stale)
        {
            newest = (await client.RefreshAsync(newest.RefreshToken)).Succeeds();
        }

        provider.Provider.Time.Advance(TimeSpan.FromSeconds(when == When.Late ? 45 : change == Change.IdTokenExpired ? 10 : 1));
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
            Assert.NotEqual(HttpStatusCode.OK, answer.Status);
            Assert.True(answer.Error == expected || expected == Refused, $"{answer.Status}: {answer.Text}");
        }

        (await client.RefreshAsync(newest.RefreshToken)).Succeeds();
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

using IdentityProvider.Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Endpoints.Token;

/// <summary>RFC 7636, RFC 9700 §2.1.1.</summary>
[Collection(ProviderCollection.Name)]
public sealed class PkceTests(Provider provider)
{
    private static readonly string s_challenge = RelyingParty.Challenge("a verifier of somebody else, long enough for the rules");

    [Theory]
    [InlineData("spa")]
    [InlineData("native")]
    [InlineData("strict")]
    [InlineData("modern")]
    public Task A_client_that_needs_PKCE_must_send_a_challenge(string clientId) =>
        IsRefusedAsync(clientId, ("code_challenge", null), ("code_challenge_method", null));

    [Theory]
    [InlineData("plain")]
    [InlineData("s256")]
    [InlineData("S512")]
    [InlineData(null)]
    public Task Only_the_method_S256_is_accepted(string? method) =>
        IsRefusedAsync("web", ("code_challenge", s_challenge), ("code_challenge_method", method));

    [Fact]
    public Task A_method_without_a_challenge_is_refused() => IsRefusedAsync("web", ("code_challenge_method", "S256"));

    [Theory]
    [InlineData("short")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa+")]
    public Task A_challenge_must_be_the_base64url_of_a_SHA256(string challenge) =>
        IsRefusedAsync("web", ("code_challenge", challenge), ("code_challenge_method", "S256"));

    [Theory]
    [InlineData("web")]
    [InlineData("spa")]
    public async Task A_wrong_or_missing_verifier_is_invalid_grant_and_does_not_burn_the_code(string clientId)
    {
        var client = provider.Client(clientId, pkce: true);
        var callback = await client.AuthorizeAsync(provider.NewBrowser());

        (await client.RedeemAsync(callback, ("code_verifier", null))).Fails("invalid_grant");
        (await client.RedeemAsync(callback, ("code_verifier", "wrong" + client.Verifier))).Fails("invalid_grant");
        (await client.RedeemAsync(callback, ("code_verifier", RelyingParty.Challenge(client.Verifier)))).Fails("invalid_grant");

        (await client.RedeemAsync(callback)).Succeeds();
    }

    /// <summary>RFC 7636 §4.1: 43 to 128 unreserved characters.</summary>
    [Theory]
    [InlineData("a")]
    [InlineData("a-verifier-that-is-just-1-character-short")]
    [InlineData("a verifier of enough characters, but not of the right ones")]
    [InlineData("ein-verifizierer-mit-umlauten-äöü-und-genug-zeichen")]
    public async Task A_verifier_that_is_none_is_invalid_grant(string verifier)
    {
        var client = provider.Client("spa");
        var callback = await client.AuthorizeAsync(provider.NewBrowser(), changes: ("code_challenge", RelyingParty.Challenge(verifier)));

        (await client.RedeemAsync(callback, ("code_verifier", verifier[..Math.Min(verifier.Length, 42)]))).Fails("invalid_grant");
        (await client.RedeemAsync(callback, ("code_verifier", verifier))).Fails("invalid_grant");
    }

    [Fact]
    public async Task A_verifier_without_a_challenge_is_invalid_grant_and_does_not_burn_the_code()
    {
        var client = provider.Client("web");
        var callback = await client.AuthorizeAsync(provider.NewBrowser());

        (await client.RedeemAsync(callback, ("code_verifier", client.Verifier))).Fails("invalid_grant");

        (await client.RedeemAsync(callback)).Succeeds();
    }

    [Fact]
    public async Task A_confidential_client_may_do_without_PKCE_where_it_says_so()
    {
        var client = provider.Client("web");

        await client.SignInAsync(provider.NewBrowser());
    }

    [Fact]
    public async Task OAuth_21_needs_no_redirect_uri_at_the_token_endpoint()
    {
        var client = provider.Client("modern");
        var callback = await client.AuthorizeAsync(provider.NewBrowser());

        (await client.RedeemAsync(callback, ("redirect_uri", "https://modern.example/other"))).Fails("invalid_grant");
        (await client.RedeemAsync(callback, ("redirect_uri", null))).Succeeds();
    }

    private async Task IsRefusedAsync(string clientId, params (string Name, string? Value)[] changes)
    {
        var request = provider.Client(clientId).Request(changes: changes);
        var page = await provider.NewBrowser().GetAsync(RelyingParty.AuthorizeUrl(request));
        FlowChecks.CheckError(provider, request, Callback.Of(page), "invalid_request");
    }
}

using System.Text.Json;

namespace IdentityProvider.Tests.Support;

/// <summary>A code flow that was run to its end and checked at every step.</summary>
internal sealed record Flow(IReadOnlyDictionary<string, string> Request, Callback Callback, Answer Tokens, JsonElement IdToken)
{
    public string Subject => IdToken.GetProperty("sub").GetString()!;

    public long AuthTime => IdToken.GetProperty("auth_time").GetInt64();

    /// <summary>Request, sign-in where it is asked for, code, tokens, keys, userinfo.</summary>
    public static async Task<Flow> RunAsync(
        Provider provider, RelyingParty client, Browser browser, string scope = "openid", params (string Name, string? Value)[] changes)
    {
        var request = client.Request(scope, changes);
        return await RunAsync(provider, client, request, await browser.CompleteAsync(RelyingParty.AuthorizeUrl(request)));
    }

    public static async Task<Flow> RunAsync(Provider provider, RelyingParty client, IReadOnlyDictionary<string, string> request, Page page)
    {
        var callback = Callback.Of(page);
        FlowChecks.CheckCode(provider, request, callback);
        var tokens = await client.RedeemAsync(callback);
        FlowChecks.CheckTokenResponse(tokens);
        var idToken = await FlowChecks.CheckIdTokenAsync(
            provider, tokens.IdToken, client.ClientId, request.GetValueOrDefault("nonce"), tokens.AccessToken);
        var flow = new Flow(request, callback, tokens, idToken);
        await FlowChecks.CheckUserInfoAsync(client, tokens.AccessToken, flow.Subject);
        return flow;
    }
}

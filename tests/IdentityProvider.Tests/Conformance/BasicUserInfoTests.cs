using System.Net.Http.Headers;
using System.Text.Json;
using IdentityProvider.Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Conformance;

/// <summary>Plans Basic OP and Form Post OP: userinfo and the claims that scopes give.</summary>
[Collection(ProviderCollection.Name)]
public sealed class BasicUserInfoTests(Provider provider)
{
    private static readonly string[] s_profile =
    [
        "name", "family_name", "given_name", "middle_name", "nickname", "preferred_username", "profile", "picture", "website", "gender", "birthdate",
        "zoneinfo", "locale", "updated_at",
    ];

    private static readonly string[] s_email = ["email", "email_verified"];
    private static readonly string[] s_phone = ["phone_number", "phone_number_verified"];

    [Theory]
    [ResponseModes]
    [Trait("module", "oidcc-userinfo-get")]
    public async Task Userinfo_answers_GET(string responseMode)
    {
        var flow = await FlowAsync(responseMode);

        FlowChecks.CheckUserInfo(await UserInfoAsync(HttpMethod.Get, flow.Tokens.AccessToken), flow.Subject);
    }

    [Theory]
    [ResponseModes]
    [Trait("module", "oidcc-userinfo-post-header")]
    public async Task Userinfo_answers_POST_with_the_token_in_the_header(string responseMode)
    {
        var flow = await FlowAsync(responseMode);

        FlowChecks.CheckUserInfo(await UserInfoAsync(HttpMethod.Post, flow.Tokens.AccessToken), flow.Subject);
    }

    [Theory]
    [ResponseModes]
    [Trait("module", "oidcc-userinfo-post-body")]
    public async Task Userinfo_answers_POST_with_the_token_in_the_form(string responseMode)
    {
        var flow = await FlowAsync(responseMode);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/connect/userinfo")
        {
            Content = new FormUrlEncodedContent([KeyValuePair.Create("access_token", flow.Tokens.AccessToken)]),
        };

        FlowChecks.CheckUserInfo(await Answer.ReadAsync(await provider.SendAsync(request)), flow.Subject);
    }

    [Theory]
    [ResponseModes]
    [Trait("module", "oidcc-scope-profile")]
    public Task The_scope_profile_gives_its_claims_at_userinfo(string responseMode) => GivesAsync(responseMode, "profile", s_profile);

    [Theory]
    [ResponseModes]
    [Trait("module", "oidcc-scope-email")]
    public Task The_scope_email_gives_its_claims_at_userinfo(string responseMode) => GivesAsync(responseMode, "email", s_email);

    [Theory]
    [ResponseModes]
    [Trait("module", "oidcc-scope-address")]
    public Task The_scope_address_gives_its_claim_at_userinfo(string responseMode) => GivesAsync(responseMode, "address", ["address"]);

    [Theory]
    [ResponseModes]
    [Trait("module", "oidcc-scope-phone")]
    public Task The_scope_phone_gives_its_claims_at_userinfo(string responseMode) => GivesAsync(responseMode, "phone", s_phone);

    [Theory]
    [ResponseModes]
    [Trait("module", "oidcc-scope-all")]
    public Task All_scopes_together_give_all_claims_at_userinfo(string responseMode) =>
        GivesAsync(responseMode, "profile email address phone", [.. s_profile, .. s_email, "address", .. s_phone]);

    [Theory]
    [ResponseModes]
    [Trait("module", "oidcc-claims-essential")]
    public async Task An_essential_claim_of_userinfo_is_returned_there_and_not_in_the_ID_token(string responseMode)
    {
        var client = provider.Client("web", responseMode);

        var flow = await Flow.RunAsync(
            provider, client, provider.NewBrowser(), "openid", ("claims", """{"userinfo":{"name":{"essential":true}}}"""));

        var userInfo = await FlowChecks.CheckUserInfoAsync(client, flow.Tokens.AccessToken, flow.Subject);
        Assert.Equal("Alice Q. Example", userInfo.GetProperty("name").GetString());
        Assert.False(userInfo.TryGetProperty("email", out _));
        Assert.False(flow.IdToken.TryGetProperty("name", out _));
    }

    private async Task GivesAsync(string responseMode, string scopes, string[] claims)
    {
        var metadata = (await provider.GetAsync("/.well-known/openid-configuration")).Json;
        var supported = metadata.GetProperty("scopes_supported").EnumerateArray().Select(item => item.GetString()!).ToHashSet();
        Assert.Superset(scopes.Split(' ').ToHashSet(), supported);
        var client = provider.Client("web", responseMode);

        var flow = await Flow.RunAsync(provider, client, provider.NewBrowser(), "openid " + scopes);

        var userInfo = await FlowChecks.CheckUserInfoAsync(client, flow.Tokens.AccessToken, flow.Subject);
        Assert.Equal(claims.Append("sub").Order(), userInfo.EnumerateObject().Select(claim => claim.Name).Order());
        if (claims.Contains("address"))
        {
            Assert.Equal("Springfield", userInfo.GetProperty("address").GetProperty("locality").GetString());
        }

        if (claims.Contains("updated_at"))
        {
            Assert.Equal(JsonValueKind.Number, userInfo.GetProperty("updated_at").ValueKind);
        }
    }

    private Task<Flow> FlowAsync(string responseMode) => Flow.RunAsync(provider, provider.Client("web", responseMode), provider.NewBrowser());

    private async Task<Answer> UserInfoAsync(HttpMethod method, string accessToken)
    {
        using var request = new HttpRequestMessage(method, "/connect/userinfo");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
        return await Answer.ReadAsync(await provider.SendAsync(request));
    }
}

using System.Net;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using IdentityProvider.Tests.Support;
using Microsoft.AspNetCore.WebUtilities;
using Xunit;

namespace IdentityProvider.Tests.BadInput;

/// <summary>NUL, emoji and fields that come twice, where no other test sends them: sign-out, token type hints, userinfo's body, the consent page.</summary>
[Collection(ProviderCollection.Name)]
public sealed class FieldInputTests(Provider provider)
{
    private const string EndSession = "/connect/endsession";

    private static readonly string[] s_logout = ["id_token_hint", "logout_hint", "client_id", "post_logout_redirect_uri", "state", "ui_locales"];

    [Fact]
    public async Task A_sign_out_with_NUL_in_a_parameter_or_one_that_comes_twice_is_invalid_request()
    {
        foreach (var name in s_logout)
        {
            foreach (var fields in (KeyValuePair<string, string>[][])[[new(name, "a\0b")], [new(name, "a"), new(name, "a")]])
            {
                var asked = await provider.NewBrowser().GetAsync(QueryHelpers.AddQueryString(EndSession, fields!));
                Assert.Equal((name, HttpStatusCode.BadRequest, "invalid_request"), (name, asked.Status, asked.ErrorCode));
                var sent = await provider.NewBrowser().PostAsync(EndSession, fields);
                Assert.Equal((name, HttpStatusCode.BadRequest, "invalid_request"), (name, sent.Status, sent.ErrorCode));
            }
        }
    }

    [Fact]
    public async Task A_sign_out_with_emoji_in_a_parameter_asks_the_person_and_leads_nowhere_else()
    {
        var browser = provider.NewBrowser();
        await browser.SignInAsync(await browser.GetAsync("/account/login"));
        foreach (var name in s_logout)
        {
            KeyValuePair<string, string>[] field = [new(name, "😀\u202e")];
            foreach (var page in new[] { await browser.GetAsync(QueryHelpers.AddQueryString(EndSession, field!)), await browser.PostAsync(EndSession, field) })
            {
                Assert.True(page is { Status: HttpStatusCode.OK, IsLogoutQuestion: true }, $"{name}: {page.Status} {page.Url}");
            }
        }
    }

    [Theory]
    [InlineData("/connect/introspect", "api")]
    [InlineData("/connect/revocation", "machine")]
    public async Task A_token_type_hint_is_a_hint_unless_it_is_malformed(string path, string caller)
    {
        var client = caller == "api" ? provider.Api(caller) : provider.Client(caller);

        (await client.PostAsync(path, ("token", "x"), ("token_type_hint", "😀"))).Succeeds();
        (await client.PostAsync(path, ("token", "😀"))).Succeeds();
        (await client.PostAsync(path, ("token", "x"), ("token_type_hint", "a\0b"))).Fails("invalid_request");
        foreach (var name in new[] { "token", "token_type_hint" })
        {
            using var content = new FormUrlEncodedContent([new("token", "x"), new("token_type_hint", "access_token"), new(name, "x")]);
            (await provider.SendAsync(HttpMethod.Post, path, content, ("Authorization", RelyingParty.Basic(caller, $"{caller}-key-of-the-tests").ToString())))
                .Fails("invalid_request");
        }
    }

    [Fact]
    public async Task Userinfo_takes_one_well_formed_token_from_the_body()
    {
        var token = (await provider.Client("web").SignInAsync(provider.NewBrowser())).AccessToken;
        Assert.Equal(HttpStatusCode.OK, (await UserInfoAsync(token)).Status);
        Assert.Equal(HttpStatusCode.OK, (await UserInfoAsync(token, ("unknown", "😀"))).Status);

        (await UserInfoAsync(token, ("access_token", token))).Fails("invalid_request");
        (await UserInfoAsync(token + "\0")).Fails("invalid_request");
        (await UserInfoAsync("😀")).Fails("invalid_token", HttpStatusCode.Unauthorized);
        (await UserInfoAsync(token + "😀")).Fails("invalid_token", HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Consent_to_what_was_not_asked_or_twice_to_the_same_gives_what_was_asked_once()
    {
        var client = provider.Client("partner");
        var browser = provider.NewBrowser();
        var page = await browser.SignInAsync(await browser.GetAsync(RelyingParty.AuthorizeUrl(client.Request("openid profile email"))), "dave");

        page = await browser.SubmitAsync(
            page, "consent-allow", ("scope", "profile"), ("scope", "profile"), ("scope", "api.read"), ("scope", "😀"), ("scope", "openid"), ("remember", "😀"));

        Assert.Equal("openid profile", (await client.RedeemAsync(Callback.Of(page))).Succeeds().String("scope"));
    }

    [Theory]
    [InlineData("decision", "\0")]
    [InlineData("decision", "😀")]
    [InlineData("subject", "\0")]
    [InlineData("subject", "😀")]
    public async Task A_consent_form_with_a_field_that_is_none_of_ours_asks_again(string name, string value)
    {
        var browser = provider.NewBrowser();
        var page = await browser.SignInAsync(
            await browser.GetAsync(RelyingParty.AuthorizeUrl(provider.Client("partner").Request("openid profile"))), "dave");
        Assert.True(page.IsConsent);

        var form = page.Document.QuerySelectorAll<IHtmlInputElement>("form input[name]")
            .Select(input => KeyValuePair.Create(input.Name!, input.Value))
            .Append(KeyValuePair.Create("decision", "allow"))
            .Select(field => field.Key == name ? KeyValuePair.Create(name, value) : field);

        Assert.True((await browser.PostAsync(page.Url.PathAndQuery, form)).IsConsent);
    }

    [Theory]
    [InlineData("\0")]
    [InlineData("😀")]
    public async Task A_consent_page_of_no_interaction_has_nothing_to_ask(string interaction)
    {
        var page = await provider.NewBrowser().GetAsync(QueryHelpers.AddQueryString("/consent", "interaction", interaction));

        Assert.Equal((HttpStatusCode.BadRequest, false), (page.Status, page.IsConsent));
    }

    private Task<Answer> UserInfoAsync(string token, params (string Name, string Value)[] more) => provider.SendAsync(
        HttpMethod.Post,
        "/connect/userinfo",
        new FormUrlEncodedContent([KeyValuePair.Create("access_token", token), .. more.Select(field => KeyValuePair.Create(field.Name, field.Value))]));
}

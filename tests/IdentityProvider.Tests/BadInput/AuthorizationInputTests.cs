using System.Net;
using System.Text;
using IdentityProvider.Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.BadInput;

/// <summary>What reaches authorize, endsession and the pages from strangers: always a page or an error of the RFCs, never a 5xx.</summary>
[Collection(ProviderCollection.Name)]
public sealed class AuthorizationInputTests(Provider provider)
{
    private static readonly string[] s_parameters =
    [
        "response_type", "response_mode", "state", "scope", "nonce", "code_challenge", "code_challenge_method", "prompt", "max_age", "id_token_hint",
        "login_hint", "acr_values", "ui_locales", "claims_locales", "display", "claims", "resource",
    ];

    [Theory]
    [InlineData("a\0b")]
    [InlineData("\0")]
    public async Task NUL_in_a_parameter_is_invalid_request(string value)
    {
        foreach (var name in s_parameters)
        {
            var request = provider.Client("web").Request(changes: (name, value));

            var callback = Callback.Of(await provider.NewBrowser().GetAsync(RelyingParty.AuthorizeUrl(request)));

            Assert.Equal((name, "invalid_request"), (name, callback["error"]));
        }

        foreach (var name in new[] { "client_id", "redirect_uri" })
        {
            IsPage(await provider.NewBrowser().GetAsync(RelyingParty.AuthorizeUrl(provider.Client("web").Request(changes: (name, value)))), "invalid_request");
        }
    }

    [Fact]
    public async Task Emoji_in_a_parameter_is_kept_or_refused_but_breaks_nothing()
    {
        foreach (var name in s_parameters)
        {
            var request = provider.Client("web").Request(changes: (name, "😀\u202e"));

            var page = await provider.NewBrowser().CompleteAsync(RelyingParty.AuthorizeUrl(request));

            var callback = Callback.Of(page);
            Assert.Equal(request["state"], callback["state"]);
            Assert.True(callback["code"] is not null ^ callback["error"] is not null, name);
        }

        IsPage(await provider.NewBrowser().GetAsync(RelyingParty.AuthorizeUrl(provider.Client("web").Request(changes: ("client_id", "😀")))), "invalid_client");
        IsPage(await provider.NewBrowser().GetAsync(RelyingParty.AuthorizeUrl(provider.Client("web").Request(changes: ("redirect_uri", "https://😀")))), "invalid_request");
    }

    [Fact]
    public async Task A_port_that_there_cannot_be_is_no_redirect_URI_of_a_native_app()
    {
        var request = provider.Client("native").Request(changes: ("redirect_uri", "http://127.0.0.1:99999/callback"));

        IsPage(await provider.NewBrowser().GetAsync(RelyingParty.AuthorizeUrl(request)), "invalid_request");
    }

    [Theory]
    [InlineData("""{"userinfo":{"\ud800":null}}""")]
    [InlineData("""{"\ud800":null,"userinfo":{"name":null}}""")]
    [InlineData("""{"id_token":{"acr":{"value":"\ud800"}}}""")]
    [InlineData("""{"id_token":{"acr":{"values":["1","\ud800"]}}}""")]
    public async Task Half_a_character_in_the_claims_parameter_is_invalid_request(string claims)
    {
        var request = provider.Client("web").Request(changes: ("claims", claims));

        var page = await provider.NewBrowser().CompleteAsync(RelyingParty.AuthorizeUrl(request));

        Assert.Equal(claims.StartsWith("{\"\\ud800", StringComparison.Ordinal) ? null : "invalid_request", Callback.Of(page)["error"]);
    }

    [Fact]
    public async Task Every_parameter_but_resource_may_be_sent_once()
    {
        foreach (var name in s_parameters.Where(name => name != "resource"))
        {
            var request = provider.Client("web").Request();

            var page = await provider.NewBrowser().GetAsync($"{RelyingParty.AuthorizeUrl(request)}&{name}=a&{name}=b");

            Assert.Equal((name, "invalid_request"), (name, Callback.Of(page)["error"]));
        }

        foreach (var name in new[] { "client_id", "redirect_uri" })
        {
            var request = provider.Client("web").Request();
            IsPage(await provider.NewBrowser().GetAsync($"{RelyingParty.AuthorizeUrl(request)}&{name}={Uri.EscapeDataString(request[name])}"), "invalid_request");
        }
    }

    [Theory]
    [InlineData("/connect/authorize?client_id=%")]
    [InlineData("/connect/authorize?client_id=%zz&redirect_uri=%e2%82")]
    [InlineData("/connect/authorize?%ff=%ff&client_id=%c0%80")]
    [InlineData("/connect/authorize?&&==&=&client_id")]
    [InlineData("/connect/endsession?id_token_hint=%")]
    [InlineData("/connect/endsession?state=%zz%ff")]
    [InlineData("/account/login?interaction=%ff%00&returnUrl=%zz")]
    [InlineData("/consent?interaction=%")]
    public async Task Malformed_percent_encoding_ends_on_a_page(string target)
    {
        var answer = await RawAsync($"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");

        Assert.InRange(Status(answer), 200, 499);
    }

    [Fact]
    public async Task A_long_parameter_is_invalid_request_and_a_huge_query_is_refused_by_the_server()
    {
        var request = provider.Client("web").Request(changes: ("nonce", new string('n', 1025)));
        Assert.Equal("invalid_request", Callback.Of(await provider.NewBrowser().GetAsync(RelyingParty.AuthorizeUrl(request)))["error"]);

        var answer = await RawAsync($"GET /connect/authorize?state={new string('s', 9_000)} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        Assert.Equal(414, Status(answer));
    }

    [Theory]
    [InlineData("/connect/authorize")]
    [InlineData("/connect/endsession")]
    public async Task A_form_of_a_megabyte_ends_on_a_page(string path)
    {
        var answer = await provider.SendAsync(
            HttpMethod.Post, path, new FormUrlEncodedContent([KeyValuePair.Create("state", new string('s', 1 << 20))]));

        Assert.InRange((int)answer.Status, 400, 413);
        Assert.Equal("text/html", answer.Response.Content.Headers.ContentType?.MediaType);
    }

    [Theory]
    [InlineData("application/json", "{}")]
    [InlineData("text/plain", "client_id=web")]
    [InlineData("multipart/form-data; boundary=x", "no parts here")]
    [InlineData("application/x-www-form-urlencoded", "%zz=%ff&client_id=%")]
    public async Task A_body_that_is_no_form_ends_on_a_page(string contentType, string body)
    {
        foreach (var path in new[] { "/connect/authorize", "/connect/endsession" })
        {
            using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            content.Headers.TryAddWithoutValidation("Content-Type", contentType);

            var answer = await provider.SendAsync(HttpMethod.Post, path, content);

            Assert.InRange((int)answer.Status, 300, 499);
        }
    }

    [Theory]
    [InlineData("PUT", "/connect/authorize")]
    [InlineData("DELETE", "/connect/authorize")]
    [InlineData("PUT", "/connect/endsession")]
    [InlineData("POST", "/connect/authorize/continue")]
    public async Task A_wrong_verb_is_405(string method, string path)
    {
        var answer = await provider.SendAsync(new HttpMethod(method), path, content: null);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.Status);
        Assert.Contains("GET", answer.Header("Allow"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("😀", "😀😀😀")]
    [InlineData("\ud800", "\udfff")]
    [InlineData("", "")]
    [InlineData("alice", "")]
    [InlineData("' OR 1=1 --", "x")]
    [InlineData("<script>alert(1)</script>", "x")]
    public async Task The_sign_in_page_refuses_anything_else_calmly(string username, string password)
    {
        var browser = provider.NewBrowser();

        var page = await browser.SignInAsync(await browser.GetAsync("/account/login"), username, password);

        Assert.True(page.Status == HttpStatusCode.OK && page.IsSignIn && page.Has("sign-in-problem"), $"{page.Status} {page.Url}");
        Assert.DoesNotContain("<script>alert", page.Text, StringComparison.Ordinal);
        Assert.Equal("", page.Document.GetElementById("password")?.GetAttribute("value") ?? "");
    }

    [Fact]
    public async Task A_very_long_name_or_password_is_refused_without_a_hash_of_it()
    {
        var browser = provider.NewBrowser();

        var page = await browser.SignInAsync(await browser.GetAsync("/account/login"), "alice", new string('p', 20_000));

        Assert.True(page.IsSignIn && page.Has("sign-in-problem"));
    }

    [Fact]
    public async Task A_sign_in_form_that_cannot_be_read_leads_back_to_the_page()
    {
        foreach (var (username, password) in new[] { ("alice", new string('p', 1 << 20)), ("ali\0ce", "alice"), ("alice", "\0alice") })
        {
            var browser = provider.NewBrowser();

            var page = await browser.SignInAsync(await browser.GetAsync("/account/login"), username, password);

            Assert.Equal((HttpStatusCode.OK, true), (page.Status, page.IsSignIn));
            Assert.DoesNotContain(browser.SetCookies, cookie => cookie.StartsWith("__Host-idp.session", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_broken_multipart_form_leads_back_to_the_page()
    {
        using var content = new ByteArrayContent("no parts here"u8.ToArray());
        content.Headers.TryAddWithoutValidation("Content-Type", "multipart/form-data; boundary=x");

        var answer = await provider.SendAsync(HttpMethod.Post, "/account/login", content);

        Assert.Equal(HttpStatusCode.SeeOther, answer.Status);
        Assert.StartsWith("/account/login", answer.Header("Location"), StringComparison.Ordinal);
    }

    private static void IsPage(Page page, string error) =>
        Assert.Equal((null, HttpStatusCode.BadRequest, error), (page.Leaves, page.Status, page.ErrorCode));

    private static int Status(string answer) => int.Parse(answer.Split(' ')[1]);

    private Task<string> RawAsync(string request) => RawHttp.SendAsync(provider.Issuer, request);
}

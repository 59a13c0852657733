using System.Net;
using System.Text.Json;
using IdentityProvider.Accounts.Upstream;
using IdentityProvider.Accounts.Users;
using IdentityProvider.Protocol.Upstream;
using IdentityProvider.Tests.Support;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.Tokens;
using Xunit;

namespace IdentityProvider.Tests.Upstream;

/// <summary>Answers of a provider that lies, errs or is a GitHub.</summary>
public sealed class UpstreamTokenTests(Federation federation) : IClassFixture<Federation>
{
    private const string Tenant = "7b1c9a52-3f0e-4c55-9d3a-0a1b2c3d4e5f";
    private const string OtherTenant = "f0e1d2c3-b4a5-4687-9788-5a4b3c2d1e0f";

    private ScriptedUpstream Upstream => federation.Scripted;

    [Fact]
    public async Task An_answer_without_a_flaw_signs_in_and_an_address_that_is_not_trusted_counts_for_nothing()
    {
        Upstream.Reset();
        var page = await AnswerAsync();

        // alice has that address here: it neither signs her in nor stops somebody else.
        Assert.True(page.Has("onward"));
        Assert.StartsWith("Basic ", Upstream.LastCall.Authorization, StringComparison.Ordinal);
        Assert.True(Upstream.LastCall.Form.ContainsKey("code_verifier"));
        Assert.DoesNotContain("client_secret", Upstream.LastCall.Form.Keys);
        Assert.DoesNotContain(federation.Here.Log.Lines, line => line.Contains("here-secret", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("nonce", "of-another-request")]
    [InlineData("nonce", null)]
    [InlineData("iss", "https://other.example")]
    [InlineData("aud", "somebody-else")]
    [InlineData("aud", null)]
    [InlineData("azp", "somebody-else")]
    [InlineData("at_hash", "AAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("sub", null)]
    [InlineData("sub", "")]
    [InlineData("exp", null)]
    public async Task A_claim_that_does_not_fit_is_refused(string name, string? value)
    {
        Upstream.Reset();
        Upstream.Claims = claims => Change(claims, name, value);
        AssertRefused(await AnswerAsync());
    }

    [Fact]
    public async Task Several_audiences_need_the_authorized_party()
    {
        Upstream.Reset();
        Upstream.Claims = claims => claims["aud"] = new[] { "here", "another" };
        AssertRefused(await AnswerAsync());

        Upstream.Claims = claims => (claims["aud"], claims["azp"]) = (new[] { "here", "another" }, "here");
        Assert.True((await AnswerAsync()).Has("onward"));
    }

    [Fact]
    public async Task A_token_that_is_over_or_not_yet_good_is_refused()
    {
        Upstream.Reset();
        var now = federation.Time.GetUtcNow().ToUnixTimeSeconds();
        Upstream.Claims = claims => claims["exp"] = now - 90;
        AssertRefused(await AnswerAsync());

        Upstream.Claims = claims => claims["nbf"] = now + 90;
        AssertRefused(await AnswerAsync());
    }

    [Theory]
    [InlineData("none")]
    [InlineData(SecurityAlgorithms.HmacSha256)]
    public async Task An_algorithm_that_proves_nothing_is_refused(string algorithm)
    {
        Upstream.Reset();
        Upstream.Algorithm = algorithm;
        AssertRefused(await AnswerAsync());
    }

    [Fact]
    public async Task A_signature_of_somebody_else_is_refused()
    {
        Upstream.Reset();
        Upstream.PublishedKey = Upstream.Key;
        Upstream.Key = ScriptedUpstream.NewKey("one");
        AssertRefused(await AnswerAsync());
        Upstream.Key = Upstream.PublishedKey;

        Upstream.Token = token => token[..token.LastIndexOf('.')] + ".AAAA";
        AssertRefused(await AnswerAsync());
        Upstream.Token = _ => "no.token";
        AssertRefused(await AnswerAsync());
        Upstream.Token = token =>
        {
            var parts = token.Split('.');
            var claims = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(Base64UrlEncoder.DecodeBytes(parts[1]))!;
            claims["sub"] = JsonSerializer.SerializeToElement("alice");
            return $"{parts[0]}.{Base64UrlEncoder.Encode(JsonSerializer.Serialize(claims))}.{parts[2]}";
        };
        AssertRefused(await AnswerAsync());
    }

    [Fact]
    public async Task A_new_key_is_fetched_when_a_token_names_it()
    {
        Upstream.Reset();
        Assert.True((await AnswerAsync()).Has("onward"));
        Upstream.Key = ScriptedUpstream.NewKey("two");
        federation.Time.AdjustTime(federation.Time.GetUtcNow() + TimeSpan.FromSeconds(11));

        Assert.True((await AnswerAsync()).Has("onward"));
    }

    [Fact]
    public async Task Userinfo_of_another_person_is_not_believed()
    {
        Upstream.Reset();
        Upstream.UserInfoSubject = "somebody else";
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await AnswerAsync()).Status);
    }

    [Theory]
    [InlineData(400, HttpStatusCode.BadRequest)]
    [InlineData(503, HttpStatusCode.ServiceUnavailable)]
    public async Task A_token_endpoint_that_fails_is_a_page_with_another_try(int status, HttpStatusCode answer)
    {
        Upstream.Reset();
        Upstream.TokenStatus = status;
        var page = await AnswerAsync();

        Assert.Equal(answer, page.Status);
        Assert.True(page.Has("retry-submit"));
    }

    [Fact]
    public async Task An_answer_must_name_its_issuer_where_the_provider_says_that_it_does()
    {
        Upstream.Reset();
        AssertRefused(await AnswerNamingAsync(null));
        AssertRefused(await AnswerNamingAsync(federation.There.Issuer));
    }

    [Fact]
    public void Half_of_a_surrogate_pair_counts_as_absent()
    {
        var claims = JsonDocument.Parse("""{"name":"\ud800","email_verified":"\ud800","keys":["\ud800","a"]}""").RootElement;
        Assert.Null(UpstreamClaims.Text(claims, "name"));
        Assert.False(UpstreamClaims.IsTrue(claims, "email_verified"));
        Assert.Equal(["a"], UpstreamClaims.Texts(claims, "keys"));
    }

    [Fact]
    public async Task A_fresh_sign_in_must_be_proved()
    {
        Upstream.Reset();
        var url = Federation.AuthorizeUrl(("prompt", "login"));
        AssertNotFresh(await AnswerAsync(url));

        Upstream.Claims = claims => claims["auth_time"] = federation.Time.GetUtcNow().AddHours(-1).ToUnixTimeSeconds();
        AssertNotFresh(await AnswerAsync(url));
        AssertNotFresh(await AnswerAsync(Federation.AuthorizeUrl(("max_age", "600"))));
        Assert.True((await AnswerAsync(Federation.AuthorizeUrl(("max_age", "7200")))).Has("onward"));

        Upstream.Claims = claims => claims["auth_time"] = federation.Time.GetUtcNow().ToUnixTimeSeconds();
        Assert.True((await AnswerAsync(url)).Has("onward"));
    }

    [Theory]
    [InlineData("ann@gmail.com", null, true)]
    [InlineData("ann@corp.example", "corp.example", true)]
    [InlineData("ann@elsewhere.example", null, false)]
    [InlineData("ann@elsewhere.example", "corp.example", false)]
    public async Task Google_is_trusted_with_addresses_that_it_runs(string email, string? domain, bool trusted)
    {
        Upstream.Reset();
        var subject = $"{email} {domain}";
        Upstream.Claims = claims =>
        {
            (claims["sub"], claims["email"], claims["email_verified"]) = (subject, email, true);
            Change(claims, "hd", domain);
        };
        Assert.True((await AnswerAsync("/account/login", "gg")).Has("onward"));

        await using var scope = federation.Here.Services.CreateAsyncScope();
        var login = await scope.ServiceProvider.GetRequiredService<IExternalLoginStore>().FindAsync(Upstream.Issuer, subject, CancellationToken.None);
        var user = await scope.ServiceProvider.GetRequiredService<UserManager<User>>().FindByIdAsync(login!.UserId.ToString("D"));
        Assert.Equal((trusted ? email : null, trusted), (user!.Email, user.EmailConfirmed));
    }

    [Fact]
    public async Task An_issuer_with_a_template_is_filled_with_the_tenant_of_the_token()
    {
        Upstream.Reset();
        var issuer = Upstream.IssuerOf(Tenant);
        Upstream.Claims = claims => (claims["iss"], claims["tid"]) = (issuer, Tenant);

        Assert.True((await AnswerAsync("/account/login", "entra", issuer)).Has("onward"));

        // The account is the tenant's: another one has somebody else of that subject.
        await using var scope = federation.Here.Services.CreateAsyncScope();
        var logins = scope.ServiceProvider.GetRequiredService<IExternalLoginStore>();
        Assert.NotNull(await logins.FindAsync(issuer, "mallory", CancellationToken.None));
        Assert.Null(await logins.FindAsync(Upstream.IssuerOf("{tenantid}"), "mallory", CancellationToken.None));
    }

    [Theory]
    [InlineData(OtherTenant, Tenant)]
    [InlineData(Tenant, OtherTenant)]
    [InlineData(Tenant, null)]
    [InlineData("{tenantid}", "{tenantid}")]
    [InlineData("{tenantid}", null)]
    [InlineData("common", "common")]
    public async Task A_tenant_that_is_not_the_tokens_own_or_none_is_refused(string named, string? tenant)
    {
        Upstream.Reset();
        Upstream.Claims = claims =>
        {
            claims["iss"] = Upstream.IssuerOf(named);
            Change(claims, "tid", tenant);
        };

        AssertRefused(await AnswerAsync("/account/login", "entra", Upstream.IssuerOf(Tenant)));
    }

    [Theory]
    [InlineData("{0}/common/v2.0")]
    [InlineData("{0}/{{tenantid}}/v2.1")]
    [InlineData("{0}/7b1c9a52-3f0e-4c55-9d3a-0a1b2c3d4e5f/v1.0")]
    [InlineData("https://login.example/7b1c9a52-3f0e-4c55-9d3a-0a1b2c3d4e5f/v2.0")]
    public async Task An_answer_of_what_does_not_fit_the_template_is_refused(string iss)
    {
        Upstream.Reset();
        Upstream.Claims = claims => (claims["iss"], claims["tid"]) = (Upstream.IssuerOf(Tenant), Tenant);

        AssertRefused(await AnswerAsync("/account/login", "entra", string.Format(System.Globalization.CultureInfo.InvariantCulture, iss, Upstream.Issuer)));
    }

    [Fact]
    public async Task A_template_is_good_at_Microsoft_only()
    {
        var somebody = federation.NewTraveller();

        var page = await somebody.Here.SubmitAsync(await somebody.Here.GetAsync("/account/login"), "provider-tenants");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, page.Status);
    }

    [Fact]
    public async Task GitHub_accounts_are_known_by_their_number()
    {
        Upstream.Reset();
        var first = federation.NewTraveller();
        var page = await first.Here.GetAsync(Traveller.Onward(await AnswerAsync("/account/login", "hub", traveller: first, iss: null)));
        Assert.Equal("octo", page.Document.QuerySelector(".account strong")!.TextContent);
        Assert.Equal("here-secret", Upstream.LastCall.Form["client_secret"]);

        // The name has passed to somebody else, and the account has another one.
        (Upstream.GitHubId, Upstream.GitHubUser) = (583232, "octo");
        var second = federation.NewTraveller();
        page = await second.Here.GetAsync(await OnwardOrConflictAsync(second));
        Assert.NotEqual("octo", page.Document.QuerySelector(".account strong")?.TextContent);

        (Upstream.GitHubId, Upstream.GitHubUser) = (583231, "renamed");
        var third = federation.NewTraveller();
        page = await third.Here.GetAsync(Traveller.Onward(await AnswerAsync("/account/login", "hub", traveller: third, iss: Upstream.Issuer + "/login/oauth")));
        Assert.Equal("octo", page.Document.QuerySelector(".account strong")!.TextContent);
    }

    [Fact]
    public async Task GitHub_is_asked_in_its_own_words()
    {
        var somebody = federation.NewTraveller();
        var sent = QueryHelpers.ParseQuery(new Uri(await somebody.LeaveAsync(Federation.AuthorizeUrl(("prompt", "login"), ("max_age", "60")), "hub")).Query);
        Assert.Equal(("read:user user:email", "select_account"), (sent["scope"].ToString(), sent["prompt"].ToString()));
        Assert.DoesNotContain(sent.Keys, name => name is "nonce" or "max_age" or "acr_values");

        Upstream.TokenStatus = 400;
        AssertRefused(await AnswerAsync("/account/login", "hub", iss: null));
        Upstream.Reset();
    }

    /// <summary>Her address is that of the first octo here, so that she is told so.</summary>
    private async Task<string> OnwardOrConflictAsync(Traveller traveller)
    {
        var page = await AnswerAsync("/account/login", "hub", traveller: traveller, iss: null);
        Assert.Equal(HttpStatusCode.Conflict, page.Status);
        return "/account";
    }

    private Task<Page> AnswerAsync(string page = "/account/login", string provider = "evil") => AnswerAsync(page, provider, Upstream.Issuer);

    private Task<Page> AnswerNamingAsync(string? iss) => AnswerAsync("/account/login", "evil", iss);

    private async Task<Page> AnswerAsync(string page, string provider, string? iss, Traveller? traveller = null)
    {
        traveller ??= federation.NewTraveller();
        var sent = QueryHelpers.ParseQuery(new Uri(await traveller.LeaveAsync(page, provider)).Query);
        Upstream.Nonce = sent.TryGetValue("nonce", out var nonce) ? nonce.ToString() : "";
        var query = new Dictionary<string, string?> { ["code"] = "the code", ["state"] = sent["state"], ["iss"] = iss };
        return await traveller.Here.GetAsync(QueryHelpers.AddQueryString("/account/external/callback", query.Where(one => one.Value is not null)));
    }

    private static void Change(Dictionary<string, object> claims, string name, string? value)
    {
        if (value is null)
        {
            claims.Remove(name);
        }
        else
        {
            claims[name] = value;
        }
    }

    private static void AssertRefused(Page page)
    {
        Assert.Equal(HttpStatusCode.BadRequest, page.Status);
        Assert.Contains("did not work", page.Document.QuerySelector("h1")!.TextContent, StringComparison.Ordinal);
        Assert.True(page.Has("retry-submit"));
        Assert.True(page.Has("other-way"));
    }

    private static void AssertNotFresh(Page page)
    {
        Assert.Equal(HttpStatusCode.BadRequest, page.Status);
        Assert.Contains("did not ask you to sign in again", page.Document.QuerySelector("h1")!.TextContent, StringComparison.Ordinal);
    }
}

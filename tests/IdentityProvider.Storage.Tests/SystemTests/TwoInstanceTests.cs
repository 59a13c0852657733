using System.Net;
using IdentityProvider.Testing;
using Xunit;

namespace IdentityProvider.Storage.Tests.SystemTests;

public sealed class TwoInstanceTests(InstancePair pair) : IClassFixture<InstancePair>
{
    private const int Presentations = 50;

    private static readonly int s_rounds = Environment.GetEnvironmentVariable("IDP_TEST_LONG") == "1" ? 20 : 3;

    [Fact]
    public async Task Fifty_presentations_of_one_refresh_token_over_both_instances_have_one_successor_that_works()
    {
        var app = App.Rotating;
        for (var round = 0; round < s_rounds; round++)
        {
            var presented = (await app.TokensAsync(pair.OnFirst))["refresh_token"];

            var answers = await pair.AtOnceAsync(Presentations, http => app.RefreshAsync(http, presented));

            Assert.All(answers, answer => answer.Succeeds());
            var successor = Assert.Single(answers.Select(answer => answer["refresh_token"]).Distinct());
            Assert.NotEqual(presented, successor);
            Assert.Equal(Presentations, answers.Select(answer => answer["access_token"]).Distinct().Count());
            foreach (var answer in answers)
            {
                Assert.True(await App.IsActiveAsync(pair.Second.Http, answer["access_token"]));
            }

            // It rotated once: the one after the successor is the third, on whichever instance.
            var next = (await app.RefreshAsync(pair.Second.Http, successor)).Succeeds()["refresh_token"];
            Assert.Equal(3, await pair.Installation.ReadAsync<int>("SELECT generation FROM grants ORDER BY created_at DESC LIMIT 1"));
            (await app.RefreshAsync(pair.First.Http, next)).Succeeds();
        }
    }

    [Fact]
    public async Task Of_fifty_presentations_of_one_code_over_both_instances_one_is_answered_with_tokens()
    {
        var app = App.Rotating;
        for (var round = 0; round < s_rounds; round++)
        {
            var code = await app.CodeAsync(pair.OnSecond);

            var answers = await pair.AtOnceAsync(Presentations, http => app.RedeemAsync(http, code));

            var tokens = Assert.Single(answers, answer => answer.Status == HttpStatusCode.OK);
            Assert.All(answers.Where(answer => answer != tokens), answer => answer.Fails(HttpStatusCode.BadRequest, "invalid_grant"));

            // The same authenticated request within seconds was a double submit, so what it gave is alive (grants.md).
            Assert.True(await App.IsActiveAsync(pair.First.Http, tokens["access_token"]));
            (await app.RefreshAsync(pair.Second.Http, tokens["refresh_token"])).Succeeds();
        }
    }

    [Fact]
    public async Task What_a_public_client_got_for_a_code_that_came_again_on_the_other_instance_is_dead()
    {
        var app = App.Spa;
        var code = await app.CodeAsync(pair.OnFirst);

        var answers = await pair.AtOnceAsync(Presentations, http => app.RedeemAsync(http, code));

        var tokens = Assert.Single(answers, answer => answer.Status == HttpStatusCode.OK);
        Assert.Equal(Presentations - 1, answers.Count(answer => answer.Error == "invalid_grant"));
        Assert.False(await App.IsActiveAsync(pair.First.Http, tokens["access_token"]));
        (await app.RefreshAsync(pair.Second.Http, tokens["refresh_token"])).Fails(HttpStatusCode.BadRequest, "invalid_grant");
    }

    [Fact]
    [Trait("row", "D3")]
    public async Task A_sign_in_on_one_instance_consent_on_the_other_and_the_code_on_the_first_are_one_flow()
    {
        var cookies = new CookieContainer();
        using var first = Browsers.New(pair.First.Http.BaseAddress!, cookies);
        using var second = Browsers.New(pair.Second.Http.BaseAddress!, cookies);
        var app = App.Partner;

        var login = (await Answer.ReadAsync(await first.GetAsync(app.RequestUrl()))).Location!.OriginalString;
        Assert.StartsWith("/account/login", login, StringComparison.Ordinal);

        // The form of one instance is posted to the other: one key ring protects it.
        using var form = await first.GetAsync(login);
        var token = (await form.ReadHtmlAsync()).QuerySelector("input[name=__RequestVerificationToken]")!.GetAttribute("value")!;
        var signedIn = await Answer.ReadAsync(await second.PostAsync(
            login, ("username", "alice"), ("password", "alice"), ("__RequestVerificationToken", token)));
        Assert.Equal(HttpStatusCode.SeeOther, signedIn.Status);
        var consent = (await Answer.ReadAsync(await first.GetAsync(signedIn.Location))).Location!.OriginalString;
        Assert.StartsWith("/consent", consent, StringComparison.Ordinal);
        using var allowed = await second.PostFormAsync(consent, new() { ["scope"] = "api.read", ["decision"] = "allow" });
        Assert.Equal(HttpStatusCode.SeeOther, allowed.StatusCode);
        var code = app.CodeOf((await Answer.ReadAsync(await second.GetAsync(allowed.Headers.Location))).Location);

        Assert.NotNull(code);
        var tokens = (await app.RedeemAsync(first, code)).Succeeds();
        Assert.True(await App.IsActiveAsync(second, tokens["access_token"]));
    }

    [Fact]
    public async Task A_logout_on_one_instance_holds_on_the_other_at_once()
    {
        var cookies = new CookieContainer();
        using var first = Browsers.New(pair.First.Http.BaseAddress!, cookies);
        using var second = Browsers.New(pair.Second.Http.BaseAddress!, cookies);
        await first.SignInAsync();
        var tokens = await App.Spa.TokensAsync(second);
        Assert.True(await App.IsActiveAsync(pair.Second.Http, tokens["access_token"]));

        using (await first.PostFormAsync("/account/logout", []))
        {
        }

        Assert.False(await App.IsActiveAsync(pair.Second.Http, tokens["access_token"]));
        (await App.Spa.RefreshAsync(pair.Second.Http, tokens["refresh_token"])).Fails(HttpStatusCode.BadRequest, "invalid_grant");
    }

    [Fact]
    [Trait("row", "R9")]
    public async Task Failed_sign_ins_count_on_both_instances_together()
    {
        for (var i = 0; i < 3; i++)
        {
            using var failed = await SignInAsync(i % 2 == 0 ? pair.First : pair.Second, "wrong");
            Assert.Equal(HttpStatusCode.OK, failed.StatusCode);
        }

        using var onFirst = await SignInAsync(pair.First, "bob");
        using var onSecond = await SignInAsync(pair.Second, "bob");
        Assert.Equal(HttpStatusCode.TooManyRequests, onFirst.StatusCode);
        Assert.Equal(HttpStatusCode.TooManyRequests, onSecond.StatusCode);
    }

    private static async Task<HttpResponseMessage> SignInAsync(IdpProcess instance, string password)
    {
        using var browser = instance.NewClient();
        return await browser.PostFormAsync("/account/login", new() { ["username"] = "bob", ["password"] = password });
    }
}

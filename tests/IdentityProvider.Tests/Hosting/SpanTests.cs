using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using IdentityProvider.Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Hosting;

/// <summary>What a listener in the process is told. Other tests' spans are told apart by the trace, which the HTTP client hands on.</summary>
[Collection(ProviderCollection.Name)]
public sealed class SpanTests : IDisposable
{
    private readonly Provider _provider;
    private readonly Activity _trace = new("test");
    private readonly ConcurrentQueue<Activity> _spans = new();
    private readonly ActivityListener _listener;

    public SpanTests(Provider provider)
    {
        _provider = provider;
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "IdentityProvider",
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                if (span.TraceId == _trace.TraceId)
                {
                    _spans.Enqueue(span);
                }
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _trace.Dispose();
    }

    [Fact]
    public async Task Each_endpoint_tells_client_grant_and_outcome()
    {
        var web = _provider.Client("web");
        var browser = _provider.NewBrowser();
        await browser.SignInAsync(await browser.GetAsync("/account/login"));
        _trace.Start();

        var callback = await web.AuthorizeAsync(browser, "openid api.read");
        var tokens = (await web.RedeemAsync(callback)).Succeeds();
        await web.UserInfoAsync(tokens.AccessToken);
        await web.UserInfoAsync("nonsense");
        await _provider.Api("api").IntrospectAsync(tokens.AccessToken);
        await _provider.Api("api").IntrospectAsync("nonsense");
        (await web.RedeemAsync(callback)).Fails("invalid_grant");

        await ToldAsync(
            "authorize: oauth.client_id=web, idp.outcome=code",
            "token: oauth.client_id=web, oauth.grant_type=authorization_code, idp.outcome=issued",
            "userinfo: oauth.client_id=web, idp.outcome=answered",
            "userinfo: idp.outcome=refused, error.type=invalid_token",
            "introspect: oauth.client_id=api, idp.outcome=active",
            "introspect: oauth.client_id=api, idp.outcome=inactive",
            "token: oauth.client_id=web, oauth.grant_type=authorization_code, idp.outcome=refused, error.type=invalid_grant");
        Assert.All(_spans, span => Assert.Equal(ActivityStatusCode.Unset, span.Status));
    }

    [Fact]
    public async Task Nothing_that_was_sent_becomes_a_tag()
    {
        _trace.Start();

        (await _provider.Client("web").TokenAsync(("grant_type", "sent-grant"), ("code", "sent-code"))).Fails("unsupported_grant_type");
        var stranger = new RelyingParty(_provider, "sent-client", "sent-secret", "https://sent.example/callback");
        (await stranger.ClientCredentialsAsync("api.read")).Fails("invalid_client", HttpStatusCode.Unauthorized);
        (await stranger.IntrospectAsync("sent-token")).Fails("invalid_client", HttpStatusCode.Unauthorized);
        await _provider.GetAsync(RelyingParty.AuthorizeUrl(stranger.Request()));
        await _provider.GetAsync(RelyingParty.AuthorizeUrl(_provider.Client("web").Request("sent-scope")));

        await ToldAsync(
            "token: oauth.client_id=web, idp.outcome=refused, error.type=unsupported_grant_type",
            "token: idp.outcome=refused, error.type=invalid_client",
            "introspect: idp.outcome=refused, error.type=invalid_client",
            "authorize: idp.outcome=refused, error.type=invalid_client",
            "authorize: oauth.client_id=web, idp.outcome=refused, error.type=invalid_scope");
    }

    [Fact]
    public async Task An_authorization_that_waits_for_the_person_says_so()
    {
        _trace.Start();

        await _provider.NewBrowser().GetAsync(RelyingParty.AuthorizeUrl(_provider.Client("web").Request()));

        await ToldAsync("authorize: oauth.client_id=web, idp.outcome=page");
    }

    /// <summary>A span ends after its response was sent, so the last one may be a moment away.</summary>
    private async Task ToldAsync(params string[] expected)
    {
        for (var attempt = 0; _spans.Count < expected.Length && attempt < 200; attempt++)
        {
            await Task.Delay(10);
        }

        Assert.Equal(string.Join('\n', expected), string.Join('\n', _spans.Select(Told)));
    }

    private static string Told(Activity span) => $"{span.OperationName}: {string.Join(", ", span.TagObjects.Select(tag => $"{tag.Key}={tag.Value}"))}";
}

using System.Net;
using System.Security.Cryptography;
using IdentityProvider.Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Endpoints.Authorization;

/// <summary>What strangers can make the server keep: only what it reads, so long, and so many.</summary>
public sealed class ParkingTests(ParkingTests.Limited limited) : IClassFixture<ParkingTests.Limited>
{
    private const int Limit = 4;

    private readonly Provider _provider = limited.Provider;

    [Theory]
    [InlineData("/connect/authorize")]
    [InlineData("/connect/endsession")]
    public async Task What_the_protocol_does_not_know_is_not_stored(string path)
    {
        NextWindow();
        var marker = RandomNumberGenerator.GetHexString(32);
        var request = _provider.Client("web").Request(changes: [("unknown", marker), ("state", "state-" + marker[^8..])]);

        Assert.Equal(HttpStatusCode.SeeOther, (await PostAsync(path, request)).Status);

        Assert.Equal(0, await CountAsync(marker));
        Assert.Equal(1, await CountAsync("state-" + marker[^8..]));
    }

    [Fact]
    public async Task Neither_does_an_interaction_keep_it()
    {
        NextWindow();
        var marker = RandomNumberGenerator.GetHexString(32);

        var page = await _provider.NewBrowser().GetAsync(RelyingParty.AuthorizeUrl(_provider.Client("web").Request(changes: ("unknown", marker))));

        Assert.True(page.IsSignIn);
        Assert.Equal(0, await CountAsync(marker));
    }

    [Fact]
    public async Task Parameters_that_are_too_long_together_are_refused()
    {
        NextWindow();
        var resources = Enumerable.Range(0, 30).Select(index => KeyValuePair.Create("resource", $"urn:{index}:{new string('r', 1200)}"));

        var answer = await PostAsync("/connect/authorize", _provider.Client("web").Request().Concat(resources));

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Contains("invalid_request", answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/connect/authorize")]
    [InlineData("/connect/endsession")]
    public async Task A_network_can_park_so_many_and_no_more_for_a_while(string path)
    {
        NextWindow();
        var request = _provider.Client("web").Request();
        for (var i = 0; i < Limit; i++)
        {
            Assert.Equal(HttpStatusCode.SeeOther, (await PostAsync(path, request)).Status);
        }

        var refused = await PostAsync(path, request);

        Assert.Equal(HttpStatusCode.TooManyRequests, refused.Status);
        Assert.InRange(int.Parse(refused.Header("Retry-After")!, null), 1, 300);
        NextWindow();
        Assert.Equal(HttpStatusCode.SeeOther, (await PostAsync(path, request)).Status);
    }

    [Fact]
    public async Task Neither_can_it_start_more_sign_ins_but_who_is_signed_in_goes_on()
    {
        NextWindow();
        var known = _provider.NewBrowser();
        await known.SignInAsync(await known.GetAsync("/account/login"));
        var url = RelyingParty.AuthorizeUrl(_provider.Client("web").Request());
        for (var i = 0; i < Limit; i++)
        {
            Assert.True((await _provider.NewBrowser().GetAsync(url)).IsSignIn);
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, (await _provider.NewBrowser().GetAsync(url)).Status);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await _provider.NewBrowser().GetAsync("/connect/endsession?client_id=web")).Status);
        _provider.Skip(TimeSpan.FromSeconds(1));
        Assert.True((await known.GetAsync(RelyingParty.AuthorizeUrl(_provider.Client("web").Request(changes: ("prompt", "login"))))).IsSignIn);
    }

    [Fact]
    public async Task Neither_does_who_is_signed_in_leave_more_than_that()
    {
        NextWindow();
        var browser = _provider.NewBrowser();
        await browser.SignInAsync(await browser.GetAsync("/account/login"), "bob");
        _provider.Skip(TimeSpan.FromSeconds(1));
        var url = RelyingParty.AuthorizeUrl(_provider.Client("web").Request(changes: ("prompt", "login")));
        for (var i = 0; i < Limit; i++)
        {
            Assert.True((await browser.GetAsync(url)).IsSignIn);
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, (await browser.GetAsync(url)).Status);
    }

    private void NextWindow() => _provider.Skip(TimeSpan.FromMinutes(6));

    private Task<Answer> PostAsync(string path, IEnumerable<KeyValuePair<string, string>> form) =>
        _provider.SendAsync(HttpMethod.Post, path, new FormUrlEncodedContent(form));

    private Task<int> CountAsync(string text) => _provider.Host.ExecuteAsync($"UPDATE interactions SET kind = kind WHERE parameters LIKE '%{text}%'");

    public sealed class Limited : IAsyncLifetime
    {
        public Provider Provider { get; } = new();

        public Task InitializeAsync() => Provider.StartAsync(options => options.Settings["RateLimits:PendingRequestsPerNetwork"] = $"{Limit}");

        public Task DisposeAsync() => Provider.DisposeAsync();
    }
}

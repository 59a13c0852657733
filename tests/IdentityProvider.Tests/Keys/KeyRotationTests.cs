using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using IdentityProvider.Protocol.Keys;
using IdentityProvider.Tests.Support;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Xunit;

namespace IdentityProvider.Tests.Keys;

/// <summary>A signing key never surprises a validator.</summary>
public sealed class KeyRotationTests : IAsyncLifetime
{
    private static readonly TimeSpan s_step = TimeSpan.FromHours(11);
    private static readonly TimeSpan s_propagation = TimeSpan.FromDays(14);

    private readonly Provider _provider = new();

    public Task InitializeAsync() => _provider.StartAsync(options =>
    {
        options.Settings["KeyManagement:RotationInterval"] = "90.00:00:00";
        options.Settings["KeyManagement:PropagationTime"] = "14.00:00:00";
        options.Settings["KeyManagement:RetentionDuration"] = "14.00:00:00";
    });

    public Task DisposeAsync() => _provider.DisposeAsync();

    [Fact]
    [Trait("row", "T10")]
    [Trait("row", "T13")]
    public async Task An_API_that_refreshes_its_keys_twice_a_day_never_answers_401_through_a_whole_rotation()
    {
        await using var api = await StartApiAsync(options =>
        {
            options.RefreshOnIssuerKeyNotFound = false;
            options.ConfigurationManager = new TwiceADay(_provider);
        });
        using var http = new HttpClient { BaseAddress = new Uri(api.Urls.Single()) };
        var published = new Dictionary<string, DateTimeOffset>();
        var used = new Dictionary<string, DateTimeOffset>();
        var start = _provider.Time.GetUtcNow();
        while (_provider.Time.GetUtcNow() - start < TimeSpan.FromDays(110))
        {
            foreach (var key in (await FlowChecks.CheckKeysAsync(_provider)).Keys)
            {
                published.TryAdd(key.Kid, _provider.Time.GetUtcNow());
            }

            // One token of each algorithm, at once and one second before it expires.
            string[] tokens = [await TokenAsync("api.read"), await TokenAsync("legacy.read")];
            await AcceptsAsync(http, tokens);
            foreach (var token in tokens)
            {
                used.TryAdd(KeyOf(token), _provider.Time.GetUtcNow());
            }

            _provider.Skip(TimeSpan.FromSeconds(899));
            await AcceptsAsync(http, tokens);
            _provider.Skip(s_step - TimeSpan.FromSeconds(899));
            await MaintainAsync();
        }

        Assert.Equal(4, used.Count);
        Assert.Equal(2, used.Values.Count(first => first == start));
        foreach (var (key, first) in used.Where(use => use.Value != start))
        {
            Assert.True(first - published[key] >= s_propagation - s_step, $"published {published[key]}, used {first}");
            Assert.InRange(first - start, TimeSpan.FromDays(90), TimeSpan.FromDays(90) + s_step);
        }

        var now = (await FlowChecks.CheckKeysAsync(_provider)).Keys.Select(key => key.Kid).ToHashSet();
        Assert.Equal(used.Where(use => use.Value != start).Select(use => use.Key).Order(), now.Order());
    }

    [Fact]
    [Trait("row", "T13")]
    public async Task An_API_that_meets_an_unknown_key_reads_the_keys_again_once_and_then_takes_it()
    {
        using var asked = new Asked();
        await using var api = await StartApiAsync(options =>
        {
            options.Authority = _provider.Issuer;
            options.BackchannelHttpHandler = asked;
        });
        using var http = new HttpClient { BaseAddress = new Uri(api.Urls.Single()) };
        var old = await TokenAsync("api.read");
        await AcceptsAsync(http, [old]);
        await AcceptsAsync(http, [await TokenAsync("legacy.read")]);
        Assert.Equal(1, asked.ForKeys);

        await Keys.RotateAsync(now: true, CancellationToken.None);
        var current = await TokenAsync("api.read");
        Assert.NotEqual(KeyOf(old), KeyOf(current));

        // ASP.NET refuses the request that meets it, and reads the keys meanwhile.
        var limit = TimeProvider.System.GetTimestamp();
        while (await StatusAsync(http, current) != HttpStatusCode.OK)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(limit) < TimeSpan.FromSeconds(30), $"The API has not taken the new key, and asked {asked.ForKeys} times.");
            await Task.Delay(20);
        }

        await AcceptsAsync(http, [current, old, await TokenAsync("legacy.read")]);
        Assert.Equal(2, asked.ForKeys);
    }

    [Fact]
    public async Task Rotate_announces_the_next_keys_and_signs_with_them_after_the_propagation_time()
    {
        var before = KeyOf(await TokenAsync("api.read"));

        await Keys.RotateAsync(now: false, CancellationToken.None);
        await Keys.RotateAsync(now: false, CancellationToken.None);

        var announced = (await FlowChecks.CheckKeysAsync(_provider)).Keys.Select(key => key.Kid).ToArray();
        Assert.Equal(4, announced.Length);
        Assert.Equal(before, KeyOf(await TokenAsync("api.read")));
        _provider.Skip(s_propagation);
        var after = KeyOf(await TokenAsync("api.read"));
        Assert.NotEqual(before, after);
        Assert.Contains(after, announced);
    }

    [Fact]
    public async Task Rotate_now_signs_with_a_new_key_at_once_and_the_old_one_stays_published_for_the_retention()
    {
        var old = await TokenAsync("api.read");

        await Keys.RotateAsync(now: true, CancellationToken.None);

        var current = KeyOf(await TokenAsync("api.read"));
        Assert.NotEqual(KeyOf(old), current);
        Assert.True(await IsActiveAsync(old));
        Assert.Contains((await FlowChecks.CheckKeysAsync(_provider)).Keys, key => key.Kid == KeyOf(old));
        _provider.Skip(TimeSpan.FromDays(14));
        Assert.Equal(current, KeyOf(await TokenAsync("api.read")));
        Assert.DoesNotContain((await FlowChecks.CheckKeysAsync(_provider)).Keys, key => key.Kid == KeyOf(old));
    }

    [Fact]
    public async Task Rotate_now_brings_an_announced_key_forward()
    {
        await Keys.RotateAsync(now: false, CancellationToken.None);
        var announced = (await Keys.ListAsync(CancellationToken.None)).Where(key => key.State == "announced").Select(key => key.KeyId).ToArray();
        Assert.Equal(2, announced.Length);

        await Keys.RotateAsync(now: true, CancellationToken.None);

        Assert.Contains(KeyOf(await TokenAsync("api.read")), announced);
        Assert.Equal(4, (await FlowChecks.CheckKeysAsync(_provider)).Keys.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rotate_now_signs_with_a_new_key_though_another_instance_makes_one_at_that_moment(bool othersSignAtOnce)
    {
        var before = (await Keys.ListAsync(CancellationToken.None)).Select(key => key.KeyId).ToArray();
        var store = _provider.Host.Services.GetRequiredService<ISigningKeyStore>();
        using var others = NewKeys(store);
        using var late = NewKeys(new Overtaken(store, () => others.RotateAsync(othersSignAtOnce, CancellationToken.None)));

        await late.RotateAsync(now: true, CancellationToken.None);

        var after = await Keys.ListAsync(CancellationToken.None);
        Assert.Equal(4, after.Count);
        Assert.All(after, key => Assert.Equal(before.Contains(key.KeyId) ? "published" : "signing", key.State));
    }

    [Fact]
    public async Task A_retired_key_is_unpublished_and_what_it_signed_is_refused_at_once()
    {
        var client = _provider.Client("web");
        var browser = _provider.NewBrowser();
        var tokens = await client.SignInAsync(browser, "openid api.read");
        Assert.True(await IsActiveAsync(tokens.AccessToken));

        Assert.True(await Keys.RetireAsync(KeyOf(tokens.AccessToken), CancellationToken.None));

        Assert.False(await IsActiveAsync(tokens.AccessToken));
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.UserInfoAsync(tokens.AccessToken)).Status);
        Assert.DoesNotContain((await FlowChecks.CheckKeysAsync(_provider)).Keys, key => key.Kid == KeyOf(tokens.AccessToken));
        var next = await client.SignInAsync(browser, "openid api.read");
        Assert.NotEqual(KeyOf(tokens.AccessToken), KeyOf(next.AccessToken));
        Assert.True(await IsActiveAsync(next.AccessToken));
    }

    [Fact]
    public async Task When_the_key_that_signs_is_retired_the_announced_one_takes_over_and_the_last_one_stays_expired()
    {
        var leaked = KeyOf(await TokenAsync("api.read"));
        await Keys.RotateAsync(now: true, CancellationToken.None);
        var current = KeyOf(await TokenAsync("api.read"));
        _provider.Time.Advance(s_propagation + TimeSpan.FromDays(1));
        Assert.Equal("expired", await StateAsync(leaked));
        await Keys.RotateAsync(now: false, CancellationToken.None);
        var announced = (await Keys.ListAsync(CancellationToken.None)).Single(key => key is { State: "announced", Algorithm: "ES256" }).KeyId;

        Assert.True(await Keys.RetireAsync(current, CancellationToken.None));

        Assert.Equal(announced, KeyOf(await TokenAsync("api.read")));
        Assert.Equal(("expired", "retired", "signing"), (await StateAsync(leaked), await StateAsync(current), await StateAsync(announced)));

        // With none announced, it is a new one, now and after the time of the last one's retention.
        Assert.True(await Keys.RetireAsync(announced, CancellationToken.None));
        var made = KeyOf(await TokenAsync("api.read"));
        Assert.DoesNotContain(made, new[] { leaked, current, announced });
        await MaintainAsync();
        _provider.Time.Advance(s_propagation + TimeSpan.FromDays(1));
        await MaintainAsync();
        Assert.Equal(made, KeyOf(await TokenAsync("api.read")));
        Assert.Equal("expired", await StateAsync(leaked));
    }

    [Fact]
    public async Task A_key_that_is_retired_before_its_time_changes_nothing()
    {
        var current = KeyOf(await TokenAsync("api.read"));
        await Keys.RotateAsync(now: false, CancellationToken.None);
        var announced = (await Keys.ListAsync(CancellationToken.None)).Single(key => key is { State: "announced", Algorithm: "ES256" }).KeyId;

        Assert.True(await Keys.RetireAsync(announced, CancellationToken.None));

        _provider.Time.Advance(s_propagation + s_propagation + TimeSpan.FromDays(1));
        Assert.Equal(current, KeyOf(await TokenAsync("api.read")));
        Assert.Equal("signing", await StateAsync(current));
    }

    [Fact]
    public async Task A_retired_key_still_verifies_an_id_token_hint()
    {
        var client = _provider.Client("web");
        var browser = _provider.NewBrowser();
        var hint = (await client.SignInAsync(browser)).IdToken;

        Assert.True(await Keys.RetireAsync(KeyOf(hint), CancellationToken.None));

        var request = client.Request(changes: [("prompt", "none"), ("id_token_hint", hint)]);
        FlowChecks.CheckCode(_provider, request, Callback.Of(await browser.GetAsync(RelyingParty.AuthorizeUrl(request))));
    }

    [Fact]
    public async Task A_key_that_never_was_cannot_be_retired() =>
        Assert.False(await Keys.RetireAsync("unheard-of", CancellationToken.None));

    private SigningKeys Keys => _provider.Host.Services.GetRequiredService<SigningKeys>();

    private async Task<string> StateAsync(string keyId) => (await Keys.ListAsync(CancellationToken.None)).Single(key => key.KeyId == keyId).State;

    private SigningKeys NewKeys(ISigningKeyStore store)
    {
        var services = _provider.Host.Services;
        return new SigningKeys(
            store, services.GetRequiredService<RootKey>(), services.GetRequiredService<IOptions<KeyManagementOptions>>(), _provider.Time, NullLogger<SigningKeys>.Instance);
    }

    private static string KeyOf(string token) => Jwt.Header(token).GetProperty("kid").GetString()!;

    private static async Task AcceptsAsync(HttpClient http, string[] tokens)
    {
        foreach (var token in tokens)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/");
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            using var response = await http.SendAsync(request);
            Assert.True(response.StatusCode == HttpStatusCode.OK, $"{response.StatusCode} {response.Headers.WwwAuthenticate}");
        }
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient http, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var response = await http.SendAsync(request);
        return response.StatusCode;
    }

    /// <summary>What the timer does too; here it is awaited, so that no step depends on the machine's speed.</summary>
    private Task MaintainAsync() => Keys.MaintainAsync(CancellationToken.None);

    private async Task<string> TokenAsync(string scope) => (await _provider.Client("machine").ClientCredentialsAsync(scope)).Succeeds().AccessToken;

    private async Task<bool> IsActiveAsync(string token) =>
        (await _provider.Api("api").IntrospectAsync(token)).Succeeds().Json.GetProperty("active").GetBoolean();

    /// <summary>An API as the documentation shows it, on the test's clock.</summary>
    private async Task<WebApplication> StartApiAsync(Action<JwtBearerOptions> configure)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddAuthorization();
        builder.Services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer(options =>
        {
            options.MapInboundClaims = false;
            configure(options);
            options.TokenValidationParameters.ValidTypes = ["at+jwt"];
            options.TokenValidationParameters.ValidIssuer = _provider.Issuer;
            options.TokenValidationParameters.ValidAudiences = ["api", "legacy"];
            options.TokenValidationParameters.ClockSkew = TimeSpan.FromSeconds(30);
            options.TokenValidationParameters.LifetimeValidator = (notBefore, expires, _, parameters) =>
                _provider.Time.GetUtcNow().UtcDateTime is var now && expires > now - parameters.ClockSkew && !(notBefore > now + parameters.ClockSkew);
        });
        var api = builder.Build();
        api.UseAuthentication();
        api.UseAuthorization();
        api.MapGet("/", () => Results.Ok()).RequireAuthorization();
        await api.StartAsync();
        return api;
    }

    /// <summary>Before the first key is added, somebody else is faster.</summary>
    private sealed class Overtaken(ISigningKeyStore store, Func<Task> overtake) : ISigningKeyStore
    {
        private bool _done;

        public Task<IReadOnlyList<StoredSigningKey>> LoadAsync(CancellationToken cancellationToken) => store.LoadAsync(cancellationToken);

        public async Task<bool> TryAddAsync(StoredSigningKey key, CancellationToken cancellationToken)
        {
            if (!_done)
            {
                _done = true;
                await overtake();
            }

            return await store.TryAddAsync(key, cancellationToken);
        }

        public Task UpdateAsync(StoredSigningKey key, CancellationToken cancellationToken) => store.UpdateAsync(key, cancellationToken);
    }

    /// <summary>Counts how often an API, with the configuration manager that ASP.NET gives it, reads the keys.</summary>
    private sealed class Asked() : DelegatingHandler(new SocketsHttpHandler
    {
        UseProxy = false,
        SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null },
    })
    {
        private int _forKeys;

        public int ForKeys => Volatile.Read(ref _forKeys);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.RequestUri!.AbsolutePath.EndsWith("/jwks", StringComparison.Ordinal))
            {
                Interlocked.Increment(ref _forKeys);
            }

            return base.SendAsync(request, cancellationToken);
        }
    }

    /// <summary>ASP.NET's own refreshes by the system's clock; this one by the test's. It asks for nothing in between.</summary>
    private sealed class TwiceADay(Provider provider) : IConfigurationManager<OpenIdConnectConfiguration>
    {
        private static readonly TimeSpan s_interval = TimeSpan.FromHours(12);

        private OpenIdConnectConfiguration? _configuration;
        private DateTimeOffset _readAt;

        public async Task<OpenIdConnectConfiguration> GetConfigurationAsync(CancellationToken cancel)
        {
            if (_configuration is null || provider.Time.GetUtcNow() - _readAt >= s_interval)
            {
                var configuration = new OpenIdConnectConfiguration((await provider.GetAsync("/.well-known/openid-configuration")).Text);
                foreach (var key in (await FlowChecks.CheckKeysAsync(provider)).GetSigningKeys())
                {
                    configuration.SigningKeys.Add(key);
                }

                (_configuration, _readAt) = (configuration, provider.Time.GetUtcNow());
            }

            return _configuration;
        }

        public void RequestRefresh()
        {
        }
    }
}

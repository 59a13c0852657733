using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using IdentityProvider.Tests.Support;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.Tokens;
using Xunit;

namespace IdentityProvider.Tests.Upstream;

/// <summary>
/// Two servers of ours: <see cref="Here"/> sends people to <see cref="There"/>, which is its upstream under the name contoso. And a hostile
/// one, which answers as a test wants, as the providers evil and hub (a GitHub).
/// </summary>
public sealed class Federation : IAsyncLifetime
{
    private const string Verifier = "the-verifier-of-the-upstream-tests-0123456789";

    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false });

    public FakeTimeProvider Time { get; } = new(TimeProvider.System.GetUtcNow());

    public TestHost Here { get; private set; } = null!;

    public TestHost There { get; private set; } = null!;

    internal ScriptedUpstream Scripted { get; private set; } = null!;

    public Task InitializeAsync() => StartAsync(_ => { });

    public async Task StartAsync(Action<TestHostOptions> configure)
    {
        Scripted = await ScriptedUpstream.StartAsync(Time);
        var socket = TestHost.Bind();
        var here = $"http://localhost:{((IPEndPoint)socket.LocalEndPoint!).Port}";
        There = await TestHost.StartAsync(options =>
        {
            options.Time = Time;
            options.ExtraSeed = ThereSeed(here);
        });
        Here = await TestHost.StartAsync(options =>
        {
            options.Time = Time;
            options.Socket = socket;
            options.ExtraSeed = """{ "Users": [{ "Username": "carol", "Password": "carol", "Email": "carol@elsewhere.example" }] }""";
            Provider(options, "contoso", There.Issuer, ("DisplayName", "Contoso"), ("AllowRegistration", "true"), ("TrustEmail", "true"), ("TrustedAcr:2", "2"));
            Provider(options, "partner", There.Issuer, ("ClientId", "here-too"), ("DisplayName", "Partner"));
            Provider(options, "evil", Scripted.Issuer, ("AllowRegistration", "true"));
            Provider(options, "hub", Scripted.Issuer, ("Preset", "GitHub"), ("AllowRegistration", "true"));
            Provider(options, "gg", Scripted.Issuer, ("Preset", "Google"), ("AllowRegistration", "true"));
            Provider(options, "entra", Scripted.Issuer + "/common/v2.0", ("Preset", "Microsoft"), ("AllowRegistration", "true"));
            Provider(options, "tenants", Scripted.Issuer + "/common/v2.0");
            Provider(options, "down", "http://localhost:1");
            configure(options);
        });
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await Here.DisposeAsync();
        await There.DisposeAsync();
        await Scripted.DisposeAsync();
    }

    /// <summary>Somebody with a browser; at each of the two sites it has other cookies, as at sites with names of their own.</summary>
    internal Traveller NewTraveller() => new(new Browser(_http, Here.Issuer), new Browser(_http, There.Issuer));

    internal static string AuthorizeUrl(params (string Name, string Value)[] more)
    {
        var parameters = new Dictionary<string, string?>
        {
            ["client_id"] = "web",
            ["redirect_uri"] = "https://web.example/callback",
            ["response_type"] = "code",
            ["scope"] = "openid profile email",
            ["state"] = "app-state",
            ["code_challenge"] = Base64UrlEncoder.Encode(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier))),
            ["code_challenge_method"] = "S256",
        };
        foreach (var (name, value) in more)
        {
            parameters[name] = value;
        }

        return QueryHelpers.AddQueryString("/connect/authorize", parameters);
    }

    /// <summary>What the app learns: the claims of the ID token, and those of userinfo.</summary>
    internal async Task<(JsonElement IdToken, JsonElement UserInfo)> RedeemAsync(string redirect)
    {
        var code = QueryHelpers.ParseQuery(new Uri(redirect).Query)["code"].ToString();
        using var response = await Here.Http.PostAsync(
            "/connect/token", ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", "https://web.example/callback"),
            ("code_verifier", Verifier), ("client_id", "web"), ("client_secret", "web-secret"));
        var tokens = await response.ReadJsonAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/connect/userinfo");
        request.Headers.Authorization = new("Bearer", tokens.GetProperty("access_token").GetString());
        using var userInfo = await Here.Http.SendAsync(request);
        var claims = tokens.GetProperty("id_token").GetString()!.Split('.')[1];
        return (JsonDocument.Parse(Base64UrlEncoder.DecodeBytes(claims)).RootElement, await userInfo.ReadJsonAsync());
    }

    private static void Provider(TestHostOptions options, string name, string authority, params (string Key, string Value)[] more)
    {
        foreach (var (key, value) in ((string, string)[])[("Authority", authority), ("ClientId", "here"), ("ClientSecret", "here-secret"), .. more])
        {
            options.Settings[$"Upstream:Providers:{name}:{key}"] = value;
        }
    }

    private static string ThereSeed(string here) =>
        $$"""
        {
          "Users": [
            { "Username": "dora", "Password": "dora", "Email": "dora@contoso.example", "EmailVerified": true, "Claims": { "name": "Dora Jones", "preferred_username": "dora" } },
            { "Username": "emil", "Password": "emil", "Email": "emil@contoso.example", "Claims": { "preferred_username": "bob" } },
            { "Username": "fay", "Password": "fay" }, { "Username": "gil", "Password": "gil" }, { "Username": "hal", "Password": "hal" },
            { "Username": "ida", "Password": "ida" }, { "Username": "joe", "Password": "joe" }, { "Username": "kim", "Password": "kim" },
            { "Username": "lea", "Password": "lea" }, { "Username": "max", "Password": "max" }
          ],
          "Clients": [
            {
              "ClientId": "here", "ClientName": "Here", "ClientSecrets": [{ "Plaintext": "here-secret" }], "AllowedGrantTypes": ["authorization_code"],
              "RedirectUris": ["{{here}}/account/external/callback"], "AllowedScopes": ["openid", "profile", "email"]
            },
            {
              "ClientId": "here-too", "ClientName": "Here", "ClientSecrets": [{ "Plaintext": "here-secret" }], "AllowedGrantTypes": ["authorization_code"],
              "RedirectUris": ["{{here}}/account/external/callback"], "AllowedScopes": ["openid", "profile", "email"]
            }
          ]
        }
        """;
}

/// <summary>Somebody on the way between the two sites.</summary>
internal sealed record Traveller(Browser Here, Browser There)
{
    /// <summary>Presses the button of a provider on a page of ours. Returns the address that the browser is sent to.</summary>
    public async Task<string> LeaveAsync(string page, string provider = "contoso") => await LeaveAsync(await Here.GetAsync(page), $"provider-{provider}");

    public async Task<string> LeaveAsync(Page page, string button)
    {
        var onward = await Here.SubmitAsync(page, button);
        Assert.Equal(HttpStatusCode.OK, onward.Status);
        return Onward(onward);
    }

    /// <summary>Signs in there, if that is asked. Returns the address here that the browser is sent back to.</summary>
    public async Task<string> SignInThereAsync(string url, string username)
    {
        var page = await There.CompleteAsync(url, username);
        return page.Leaves ?? throw new InvalidOperationException($"{page.Url} ({page.Status}) leads nowhere:\n{page.Text}");
    }

    /// <summary>All the way, to where the browser comes to rest here, or leaves for the app.</summary>
    public async Task<Page> SignInAsync(string page, string username, string provider = "contoso")
    {
        var back = await Here.GetAsync(await SignInThereAsync(await LeaveAsync(page, provider), username));
        return back.Has("onward") ? await Here.GetAsync(Onward(back)) : back;
    }

    public static string Onward(Page page)
    {
        var url = page.Document.GetElementById("onward")?.GetAttribute("href")
            ?? throw new InvalidOperationException($"{page.Url} ({page.Status}) does not go on:\n{page.Text}");
        Assert.Equal($"0;url={url}", page.Document.QuerySelector("meta[http-equiv=refresh]")?.GetAttribute("content"));
        return url;
    }
}

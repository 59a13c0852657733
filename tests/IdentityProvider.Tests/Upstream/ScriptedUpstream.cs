using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace IdentityProvider.Tests.Upstream;

/// <summary>A provider that answers as a test wants: an OpenID provider, and the two endpoints of a GitHub.</summary>
internal sealed class ScriptedUpstream : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly TimeProvider _time;

    private ScriptedUpstream(WebApplication app, TimeProvider time) => (_app, _time) = (app, time);

    public string Issuer => _app.Urls.Single().Replace("127.0.0.1", "localhost", StringComparison.Ordinal);

    /// <summary>As Entra ID names the issuer of a tenant, and, with a template in its place, that of all of them.</summary>
    public string IssuerOf(string tenant) => $"{Issuer}/{tenant}/v2.0";

    public RsaSecurityKey Key { get; set; } = NewKey("one");

    /// <summary>What the key set says, if not <see cref="Key"/>.</summary>
    public RsaSecurityKey? PublishedKey { get; set; }

    public string Algorithm { get; set; } = SecurityAlgorithms.RsaSha256;

    /// <summary>Changes the claims of the ID token.</summary>
    public Action<Dictionary<string, object>> Claims { get; set; } = _ => { };

    /// <summary>Changes the finished ID token.</summary>
    public Func<string, string> Token { get; set; } = token => token;

    /// <summary>The nonce of the request.</summary>
    public string Nonce { get; set; } = "";

    public int TokenStatus { get; set; } = 200;

    public string UserInfoSubject { get; set; } = "mallory";

    public long GitHubId { get; set; } = 583231;

    public string GitHubUser { get; set; } = "octo";

    /// <summary>Form and credentials of the last call of the token endpoint.</summary>
    public (Dictionary<string, string> Form, string? Authorization) LastCall { get; private set; }

    public static async Task<ScriptedUpstream> StartAsync(TimeProvider time)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var upstream = new ScriptedUpstream(app, time);
        app.MapGet("/.well-known/openid-configuration", () => upstream.Discovery(upstream.Issuer));
        app.MapGet("/common/v2.0/.well-known/openid-configuration", () => upstream.Discovery(upstream.IssuerOf("{tenantid}")));
        app.MapGet("/keys", () => new { keys = new[] { upstream.PublicKey() } });
        app.MapPost("/token", upstream.TokenAsync);
        app.MapGet("/userinfo", () => new { sub = upstream.UserInfoSubject, name = "Mallory", email = "alice@example.com", email_verified = true });
        app.MapPost("/login/oauth/access_token", async (HttpRequest request) =>
        {
            await upstream.NoteAsync(request);
            return Results.Json(upstream.TokenStatus == 200 ? (object)new { access_token = "gho_1", token_type = "bearer" } : new { error = "bad_verification_code" });
        });
        app.MapGet("/api/v3/user", (HttpRequest request) => request.Headers.Authorization == "Bearer gho_1" && request.Headers.UserAgent.Count > 0
            ? Results.Json(new { id = upstream.GitHubId, login = upstream.GitHubUser, name = "Mona Octo" })
            : Results.StatusCode(StatusCodes.Status401Unauthorized));
        app.MapGet("/api/v3/user/emails", () => new object[]
        {
            new { email = "old@octo.example", primary = false, verified = true },
            new { email = $"{upstream.GitHubUser}@octo.example", primary = true, verified = true },
        });
        await app.StartAsync();
        return upstream;
    }

    /// <summary>As at the start.</summary>
    public void Reset()
    {
        (Claims, Token, Algorithm, PublishedKey, TokenStatus, UserInfoSubject) = (_ => { }, token => token, SecurityAlgorithms.RsaSha256, null, 200, "mallory");
    }

    public static RsaSecurityKey NewKey(string id) => new(RSA.Create(2048)) { KeyId = id };

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private Dictionary<string, object> Discovery(string issuer) => new()
    {
        ["issuer"] = issuer,
        ["authorization_endpoint"] = Issuer + "/authorize",
        ["token_endpoint"] = Issuer + "/token",
        ["jwks_uri"] = Issuer + "/keys",
        ["userinfo_endpoint"] = Issuer + "/userinfo",
        ["authorization_response_iss_parameter_supported"] = true,
    };

    private Dictionary<string, string> PublicKey()
    {
        var key = JsonWebKeyConverter.ConvertFromRSASecurityKey(PublishedKey ?? Key);
        return new() { ["kty"] = "RSA", ["use"] = "sig", ["kid"] = key.Kid, ["n"] = key.N, ["e"] = key.E };
    }

    private async Task NoteAsync(HttpRequest request) => LastCall =
        ((await request.ReadFormAsync()).ToDictionary(field => field.Key, field => field.Value.ToString()), request.Headers.Authorization.ToString());

    private async Task<IResult> TokenAsync(HttpRequest request)
    {
        await NoteAsync(request);
        if (TokenStatus != 200)
        {
            return Results.Json(new { error = "invalid_grant" }, statusCode: TokenStatus);
        }

        var now = _time.GetUtcNow().ToUnixTimeSeconds();
        var claims = new Dictionary<string, object>
        {
            ["iss"] = Issuer,
            ["sub"] = "mallory",
            ["aud"] = "here",
            ["iat"] = now,
            ["exp"] = now + 300,
            ["nonce"] = Nonce,
            ["at_hash"] = Base64UrlEncoder.Encode(SHA256.HashData(Encoding.ASCII.GetBytes("at-1")), 0, 16),
        };
        Claims(claims);
        var symmetric = Algorithm.StartsWith("HS", StringComparison.Ordinal);
        SecurityKey key = symmetric ? new SymmetricSecurityKey(Encoding.ASCII.GetBytes("here-secret".PadRight(64, '.'))) { KeyId = Key.KeyId } : Key;
        var handler = new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false };
        var payload = JsonSerializer.Serialize(claims);
        var token = Algorithm == "none" ? handler.CreateToken(payload) : handler.CreateToken(payload, new SigningCredentials(key, Algorithm));
        return Results.Json(new { access_token = "at-1", token_type = "Bearer", id_token = Token(token) });
    }
}

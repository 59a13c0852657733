using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace IdentityProvider.Tests.Support;

/// <summary>The range API of leaked passwords, on loopback.</summary>
internal sealed class BreachStub : IAsyncDisposable
{
    private readonly WebApplication _app;

    private BreachStub(WebApplication app) => _app = app;

    public static string PasswordThatLeaked => "a pass phrase that everybody has read";

    /// <summary>It stands in the padding, with the count zero.</summary>
    public static string PasswordInThePadding => "a pass phrase that stands in padding";

    /// <summary>What was asked for: prefix and the header that asks for padding.</summary>
    public ConcurrentQueue<(string Prefix, string Padding)> Requests { get; } = new();

    public Func<HttpContext, Task>? Misbehave { get; set; }

    public string Url => _app.Urls.First() + "/range/";

    public static async Task<BreachStub> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        var stub = new BreachStub(app);
        app.MapGet("/range/{prefix}", async (HttpContext context, string prefix) =>
        {
            stub.Requests.Enqueue((prefix, context.Request.Headers["Add-Padding"].ToString()));
            if (stub.Misbehave is { } misbehave)
            {
                await misbehave(context);
                return;
            }

            string[] lines = [new string('0', 35) + ":7", Line(prefix, PasswordThatLeaked, 4), Line(prefix, PasswordInThePadding, 0)];
            await context.Response.WriteAsync(string.Join("\r\n", lines.Where(line => line.Length > 0)));
        });
        await app.StartAsync();
        return stub;
    }

    [SuppressMessage("Security", "CA5350", Justification = "The API is made of SHA-1 hashes.")]
    public static string Hash(string password) => Convert.ToHexString(SHA1.HashData(Encoding.UTF8.GetBytes(password)));

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private static string Line(string prefix, string password, int count) =>
        Hash(password)[..5] == prefix ? $"{Hash(password)[5..]}:{count}" : "";
}

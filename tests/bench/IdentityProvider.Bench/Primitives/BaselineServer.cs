using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace IdentityProvider.Bench.Primitives;

/// <summary>The least that an endpoint can cost on this platform: Kestrel, routing, and a reply as short as ours are.</summary>
internal static class BaselineServer
{
    public const string GetPath = "/json";
    public const string PostPath = "/form";

    private static readonly byte[] s_document = JsonSerializer.SerializeToUtf8Bytes(new { text = new string('x', 1500) });

    public static async Task RunAsync(int port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        await using var app = builder.Build();
        app.MapMethods(GetPath, [HttpMethods.Get], GetAsync);
        app.MapMethods(PostPath, [HttpMethods.Post], PostAsync);
        await app.RunAsync();
    }

    private static async Task GetAsync(HttpContext context)
    {
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = s_document.Length;
        await context.Response.BodyWriter.WriteAsync(s_document);
    }

    private static async Task PostAsync(HttpContext context)
    {
        var form = await context.Request.ReadFormAsync();
        var body = Encoding.UTF8.GetBytes($$"""{"grant_type":"{{form["grant_type"]}}","scope":"{{form["scope"]}}"}""");
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.Length;
        await context.Response.BodyWriter.WriteAsync(body);
    }
}

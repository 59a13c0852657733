using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace IdentityProvider.Bench.Primitives;

/// <summary>The least that an endpoint can cost on this platform: Kestrel, routing, a reply as short as ours are, and at most one statement.</summary>
internal static class BaselineServer
{
    public const string GetPath = "/json";
    public const string PostPath = "/form";
    public const string QueryPath = "/form-and-query";
    public const string UpdatePath = "/form-and-update";

    private static readonly byte[] s_document = JsonSerializer.SerializeToUtf8Bytes(new { text = new string('x', 1500) });

    public static async Task RunAsync(int port, string connectionString)
    {
        await using var rows = await RowTable.OpenAsync(connectionString);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        await using var app = builder.Build();
        app.MapMethods(GetPath, [HttpMethods.Get], GetAsync);
        app.MapMethods(PostPath, [HttpMethods.Post], context => PostAsync(context, NoneAsync));
        app.MapMethods(QueryPath, [HttpMethods.Post], context => PostAsync(context, rows.ReadAsync));
        app.MapMethods(UpdatePath, [HttpMethods.Post], context => PostAsync(context, rows.ChangeAsync));
        await app.RunAsync();
    }

    private static async Task GetAsync(HttpContext context)
    {
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = s_document.Length;
        await context.Response.BodyWriter.WriteAsync(s_document);
    }

    private static Task<string> NoneAsync() => Task.FromResult("");

    private static async Task PostAsync(HttpContext context, Func<Task<string>> statement)
    {
        var form = await context.Request.ReadFormAsync();
        var body = Encoding.UTF8.GetBytes($$"""{"grant_type":"{{form["grant_type"]}}","scope":"{{form["scope"]}}","row":"{{await statement()}}"}""");
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.Length;
        await context.Response.BodyWriter.WriteAsync(body);
    }
}

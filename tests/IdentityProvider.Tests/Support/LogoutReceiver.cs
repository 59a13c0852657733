using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace IdentityProvider.Tests.Support;

/// <summary>What a client received at its back-channel logout endpoint.</summary>
/// <param name="Path">Which client's.</param>
/// <param name="ContentType">The media type.</param>
/// <param name="Form">The form.</param>
internal sealed record ReceivedLogout(string Path, string? ContentType, IReadOnlyDictionary<string, string> Form)
{
    public string Token => Form["logout_token"];
}

/// <summary>The servers of clients, on loopback: <c>/CLIENT_ID</c> receives logout tokens.</summary>
internal sealed class LogoutReceiver : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private readonly Channel<ReceivedLogout> _received = Channel.CreateUnbounded<ReceivedLogout>();
    private readonly WebApplication _app;

    private LogoutReceiver(WebApplication app) => _app = app;

    public string Origin => _app.Urls.Single();

    /// <summary>What the next requests are answered.</summary>
    public HttpStatusCode Answer { get; set; } = HttpStatusCode.OK;

    /// <summary>Requests are answered when this is done.</summary>
    public Task Until { get; set; } = Task.CompletedTask;

    public static async Task<LogoutReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var receiver = new LogoutReceiver(app);
        app.MapPost("/{client}", receiver.ReceiveAsync);
        await app.StartAsync();
        return receiver;
    }

    public async Task<ReceivedLogout> NextAsync() => await _received.Reader.ReadAsync().AsTask().WaitAsync(s_patience);

    /// <summary>All that has come and was not read, once this client has been told too: messages of one logout go out together.</summary>
    public bool IsEmpty => _received.Reader.Count == 0;

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private async Task<IResult> ReceiveAsync(HttpRequest request)
    {
        var form = await request.ReadFormAsync();
        var answer = Answer;
        _received.Writer.TryWrite(new ReceivedLogout(
            request.Path.Value!.TrimStart('/'), request.ContentType, form.ToDictionary(field => field.Key, field => field.Value.ToString())));
        await Until;
        return Results.StatusCode((int)answer);
    }
}

using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using IdentityProvider.Accounts.Notifications;
using IdentityProvider.Hosting.Mail;
using IdentityProvider.Protocol;
using IdentityProvider.Protocol.Outbound;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Xunit;

namespace IdentityProvider.Tests.Mail;

/// <summary>Against a stand-in for <c>POST /v3/mail/send</c> that refuses what SendGrid's documentation does not allow.</summary>
[Trait("row", "D4")]
public sealed class SendGridTests : IAsyncLifetime
{
    private const string Key = "SG.key";

    private readonly ConcurrentQueue<JsonElement> _accepted = new();
    private readonly OutboundHttp _http = NewHttp(development: true);
    private WebApplication _stub = null!;
    private int _elsewhere;
    private int _status = StatusCodes.Status202Accepted;

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        _stub = builder.Build();
        _stub.MapPost("/v3/mail/send", async context =>
        {
            var payload = (await JsonDocument.ParseAsync(context.Request.Body)).RootElement;
            context.Response.StatusCode = context.Request.Headers.Authorization == $"Bearer {Key}"
                ? Problem(payload) is null ? _status : StatusCodes.Status400BadRequest
                : StatusCodes.Status401Unauthorized;
            context.Response.Headers.Location = $"{_stub.Urls.Single()}/elsewhere";
            if (context.Response.StatusCode == StatusCodes.Status202Accepted)
            {
                _accepted.Enqueue(payload);
            }
        });
        _stub.MapPost("/elsewhere", () => Interlocked.Increment(ref _elsewhere));
        await _stub.StartAsync();
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _stub.DisposeAsync();
    }

    [Fact]
    public async Task A_mail_is_handed_over_as_the_API_wants_it()
    {
        await Sender().SendAsync(new MailMessage("alice@example.com", "Grüße", "Text", "<p>Text</p>") { Id = "abc123" }, CancellationToken.None);

        var payload = Assert.Single(_accepted);
        Assert.Equal("alice@example.com", payload.GetProperty("personalizations")[0].GetProperty("to")[0].GetProperty("email").GetString());
        Assert.Equal(("accounts@id.example", "Accounts"), (payload.GetProperty("from").GetProperty("email").GetString(), payload.GetProperty("from").GetProperty("name").GetString()));
        Assert.Equal("Grüße", payload.GetProperty("subject").GetString());
        Assert.Equal("auto-generated", payload.GetProperty("headers").GetProperty("Auto-Submitted").GetString());
        Assert.Equal("<abc123@id.example>", payload.GetProperty("headers").GetProperty("Message-ID").GetString());
    }

    [Fact]
    public async Task A_mail_without_HTML_is_only_text()
    {
        await Sender().SendAsync(new MailMessage("alice@example.com", "Subject", "Text"), CancellationToken.None);

        Assert.Equal(1, Assert.Single(_accepted).GetProperty("content").GetArrayLength());
    }

    [Theory]
    [InlineData(HttpStatusCode.BadRequest, true)]
    [InlineData(HttpStatusCode.RequestEntityTooLarge, true)]
    [InlineData(HttpStatusCode.TooManyRequests, false)]
    [InlineData(HttpStatusCode.InternalServerError, false)]
    [InlineData(HttpStatusCode.Forbidden, false)]
    public async Task Only_a_mail_that_is_wrong_itself_is_not_tried_again(HttpStatusCode status, bool permanent)
    {
        _status = (int)status;

        var error = await Assert.ThrowsAsync<MailDeliveryException>(() => Sender().SendAsync(new MailMessage("alice@example.com", "Subject", "Text"), CancellationToken.None));

        Assert.Equal(permanent, error.IsPermanent);
        Assert.DoesNotContain(Key, error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_key_is_put_right_some_day() => Assert.False((await Assert.ThrowsAsync<MailDeliveryException>(
        () => Sender("SG.other").SendAsync(new MailMessage("alice@example.com", "Subject", "Text"), CancellationToken.None))).IsPermanent);

    [Fact]
    public async Task A_mail_and_its_key_follow_no_redirect()
    {
        await using var host = await TestHost.StartAsync(options =>
        {
            options.Settings["Mail:Provider"] = "SendGrid";
            options.Settings["Mail:From"] = "accounts@id.example";
            options.Settings["Mail:SendGrid:ApiKey"] = Key;
            options.Settings["Mail:SendGrid:BaseUrl"] = _stub.Urls.Single();
        });
        _status = StatusCodes.Status307TemporaryRedirect;

        var error = await Assert.ThrowsAsync<MailDeliveryException>(() => host.Services.GetRequiredService<IMailSender>()
            .SendAsync(new MailMessage("alice@example.com", "Subject", "Text"), CancellationToken.None));

        Assert.False(error.IsPermanent);
        Assert.Equal(0, _elsewhere);
    }

    [Fact]
    public async Task Outside_development_nothing_inside_is_called()
    {
        using var http = NewHttp(development: false);

        var error = await Assert.ThrowsAsync<MailDeliveryException>(() => Sender(http: http, baseUrl: "https://127.0.0.1:1/")
            .SendAsync(new MailMessage("alice@example.com", "Subject", "Text"), CancellationToken.None));

        Assert.Contains("Outbound:AllowedNetworks", error.Message, StringComparison.Ordinal);
        Assert.False(error.IsPermanent);
    }

    private static OutboundHttp NewHttp(bool development) =>
        new(Options.Create(new OutboundOptions()), Options.Create(new ProtocolOptions { IsDevelopment = development }), TimeProvider.System);

    private SendGridMailSender Sender(string key = Key, OutboundHttp? http = null, string? baseUrl = null) => new(http ?? _http, Options.Create(new MailSection
    {
        Provider = MailProvider.SendGrid,
        From = "Accounts <accounts@id.example>",
        SendGrid = new SendGridSection { ApiKey = key, BaseUrl = baseUrl ?? _stub.Urls.Single() },
    }));

    private static string? Problem(JsonElement payload)
    {
        string[] known = ["personalizations", "from", "subject", "content", "headers"];
        var types = payload.GetProperty("content").EnumerateArray().Select(part => part.GetProperty("type").GetString()).ToArray();
        return payload switch
        {
            _ when payload.EnumerateObject().Any(member => !known.Contains(member.Name)) => "an unknown member",
            _ when types is not (["text/plain"] or ["text/plain", "text/html"]) => "text/plain must come first",
            _ when payload.GetProperty("content").EnumerateArray().Any(part => part.GetProperty("value").GetString() is not { Length: > 0 }) => "empty content",
            _ when payload.GetProperty("personalizations").GetArrayLength() != 1 => "one recipient",
            _ when payload.GetProperty("headers").EnumerateObject().Any(header => header.Value.ValueKind != JsonValueKind.String) => "headers are strings",
            _ => null,
        };
    }
}

using System.Net;
using System.Net.Sockets;
using System.Text;
using IdentityProvider.Protocol;
using IdentityProvider.Protocol.Outbound;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Xunit;

namespace IdentityProvider.Tests.Outbound;

/// <summary>The one way by which the server calls others, against real sockets.</summary>
public sealed class OutboundHttpTests
{
    [Fact]
    public async Task An_answer_in_time_and_size_is_returned()
    {
        await using var server = new Scripted("HTTP/1.1 400 Bad Request\r\nContent-Length: 5\r\n\r\nhello");

        var answer = await Fetch(server.Url());

        Assert.Equal((HttpStatusCode.BadRequest, "hello", null), (answer.Status, Encoding.UTF8.GetString(answer.Body), answer.Failure));
    }

    [Fact]
    public async Task A_redirect_is_an_answer_and_is_not_followed()
    {
        await using var inside = new Scripted("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await using var server = new Scripted($"HTTP/1.1 302 Found\r\nLocation: {inside.Url()}\r\nContent-Length: 0\r\n\r\n");

        Assert.Equal(HttpStatusCode.Found, (await Fetch(server.Url())).Status);
        Assert.Equal(0, inside.Connections);
    }

    [Theory]
    [InlineData("Content-Length: 2000\r\n\r\n")]
    [InlineData("Connection: close\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n7d0\r\n")]
    public async Task A_body_that_is_too_long_is_cut_off(string head)
    {
        await using var server = new Scripted($"HTTP/1.1 200 OK\r\n{head}{new string('x', 2000)}");

        Assert.Equal(OutboundFailure.TooLarge, (await Fetch(server.Url(), new() { LargestResponse = 1999 })).Failure);
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nsome")]
    public async Task An_answer_that_does_not_end_is_given_up(string beginning)
    {
        await using var server = new Scripted(beginning, stayOpen: true);

        Assert.Equal(OutboundFailure.TimedOut, (await Fetch(server.Url(), new() { TimeLimit = TimeSpan.FromMilliseconds(300) })).Failure);
    }

    [Fact]
    public async Task Headers_without_end_are_no_answer()
    {
        await using var server = new Scripted($"HTTP/1.1 200 OK\r\nX: {new string('x', 20_000)}\r\n\r\n");

        Assert.Equal(OutboundFailure.Unreachable, (await Fetch(server.Url())).Failure);
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("127.0.0.1")]
    [InlineData("[::1]")]
    [InlineData("[::ffff:127.0.0.1]")]
    [InlineData("2130706433")]
    public async Task A_name_that_leads_to_loopback_is_refused_before_a_connection_is_made(string host)
    {
        await using var server = new Scripted("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");

        var answer = await Fetch(server.Url("https", host), development: false);

        Assert.Equal(OutboundFailure.AddressRefused, answer.Failure);
        Assert.Equal(0, server.Connections);
    }

    [Fact]
    public async Task A_network_that_the_configuration_names_is_called()
    {
        await using var server = new Scripted("");

        await Fetch(server.Url("https"), new() { AllowedNetworks = ["127.0.0.0/8"] }, development: false);

        Assert.Equal(1, server.Connections);
    }

    [Theory]
    [InlineData("http://{0}/", false)]
    [InlineData("ftp://{0}/", true)]
    [InlineData("http://user@{0}/", true)]
    public async Task Anything_but_https_is_refused_except_http_in_Development(string url, bool development)
    {
        await using var server = new Scripted("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");

        var answer = await Fetch(string.Format(url, new Uri(server.Url()).Authority), new() { AllowedNetworks = ["127.0.0.0/8"] }, development);

        Assert.Equal(OutboundFailure.AddressRefused, answer.Failure);
        Assert.Equal(0, server.Connections);
    }

    [Fact]
    public async Task A_certificate_that_nobody_vouches_for_is_not_accepted()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(TestHost.Certificate)));
        await using var server = builder.Build();
        var called = false;
        server.Run(_ =>
        {
            called = true;
            return Task.CompletedTask;
        });
        await server.StartAsync();

        var answer = await Fetch($"https://localhost:{new Uri(server.Urls.Single()).Port}/");

        Assert.Equal(OutboundFailure.Unreachable, answer.Failure);
        Assert.False(called);
    }

    [Fact]
    public async Task Even_in_Development_http_goes_to_loopback_only() =>
        Assert.Equal(OutboundFailure.AddressRefused, (await Fetch("http://192.0.2.1/", new() { AllowedNetworks = ["192.0.2.0/24"] })).Failure);

    [Fact]
    public async Task A_cookie_is_not_kept()
    {
        await using var server = new Scripted("HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        using var http = Http(new(), development: true);

        await Send(http, server.Url());
        await Send(http, server.Url());

        Assert.Equal(2, server.Connections);
        Assert.DoesNotContain("cookie", server.Received, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("traceparent", server.Received, StringComparison.OrdinalIgnoreCase);
    }

    private static OutboundHttp Http(OutboundOptions options, bool development) =>
        new(Options.Create(options), Options.Create(new ProtocolOptions { IsDevelopment = development }), TimeProvider.System);

    private static async Task<OutboundAnswer> Fetch(string url, OutboundOptions? options = null, bool development = true)
    {
        using var http = Http(options ?? new OutboundOptions(), development);
        return await Send(http, url);
    }

    private static async Task<OutboundAnswer> Send(OutboundHttp http, string url)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        return await http.SendAsync(request, CancellationToken.None);
    }

    /// <summary>Answers each connection with the same bytes, whatever comes.</summary>
    private sealed class Scripted : IAsyncDisposable
    {
        private readonly TcpListener _listener = TcpListener.Create(0);
        private readonly CancellationTokenSource _end = new();
        private readonly StringBuilder _received = new();
        private readonly Task _serving;
        private readonly string _answer;
        private readonly bool _stayOpen;

        public Scripted(string answer, bool stayOpen = false)
        {
            (_answer, _stayOpen) = (answer, stayOpen);
            _listener.Start();
            _serving = ServeAsync();
        }

        public int Connections { get; private set; }

        public string Received => _received.ToString();

        public string Url(string scheme = "http", string host = "127.0.0.1") => $"{scheme}://{host}:{((IPEndPoint)_listener.LocalEndpoint).Port}/";

        public async ValueTask DisposeAsync()
        {
            await _end.CancelAsync();
            await _serving;
            _listener.Dispose();
            _end.Dispose();
        }

        private async Task ServeAsync()
        {
            try
            {
                while (true)
                {
                    using var client = await _listener.AcceptTcpClientAsync(_end.Token);
                    Connections++;
                    var stream = client.GetStream();
                    var buffer = new byte[8192];
                    _received.Append(Encoding.ASCII.GetString(buffer, 0, await stream.ReadAsync(buffer, _end.Token)));
                    await stream.WriteAsync(Encoding.ASCII.GetBytes(_answer), _end.Token);
                    if (_stayOpen)
                    {
                        await Task.Delay(Timeout.Infinite, _end.Token);
                    }
                }
            }
            catch (Exception exception) when (exception is OperationCanceledException or IOException)
            {
                // The test is over, or the caller has had enough.
            }
        }
    }
}

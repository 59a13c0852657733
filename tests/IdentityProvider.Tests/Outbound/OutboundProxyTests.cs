using System.Net;
using System.Net.Sockets;
using IdentityProvider.Protocol;
using IdentityProvider.Protocol.Outbound;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Xunit;

namespace IdentityProvider.Tests.Outbound;

/// <summary>Alone, since the proxy of a process is everybody's.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ProcessProxyCollection
{
    public const string Name = "proxy of the process";
}

[Collection(ProcessProxyCollection.Name)]
public sealed class OutboundProxyTests
{
    [Theory]
    [InlineData("http")]
    [InlineData("https")]
    public async Task A_proxy_of_the_process_is_not_asked(string scheme)
    {
        using var proxy = new TcpListener(IPAddress.Loopback, 0);
        proxy.Start();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        await using var server = builder.Build();
        var reached = 0;
        server.Use((context, next) =>
        {
            reached++;
            return next(context);
        });
        await server.StartAsync();

        // What HTTP_PROXY and HTTPS_PROXY would have set at the start of the process.
        var before = HttpClient.DefaultProxy;
        HttpClient.DefaultProxy = new WebProxy($"http://{proxy.LocalEndpoint}");
        try
        {
            using var http = new OutboundHttp(
                Options.Create(new OutboundOptions { TimeLimit = TimeSpan.FromSeconds(5) }), Options.Create(new ProtocolOptions { IsDevelopment = true }), TimeProvider.System);
            using var request = new HttpRequestMessage(HttpMethod.Get, $"{scheme}://127.0.0.1:{new Uri(server.Urls.Single()).Port}/");
            var answer = await http.SendAsync(request, CancellationToken.None);

            // The server speaks no TLS: by https it is enough that the call went there.
            Assert.Equal(scheme == "http" ? null : OutboundFailure.Unreachable, answer.Failure);
            Assert.Equal(scheme == "http" ? 1 : 0, reached);
            Assert.False(proxy.Pending());
        }
        finally
        {
            HttpClient.DefaultProxy = before;
        }
    }
}

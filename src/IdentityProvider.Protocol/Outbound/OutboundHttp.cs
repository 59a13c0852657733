using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Protocol.Outbound;

/// <summary>Why an outbound call has no answer.</summary>
public enum OutboundFailure
{
    /// <summary>The address may not be called.</summary>
    AddressRefused,

    /// <summary>No connection, a certificate that does not hold, or an answer that is no HTTP.</summary>
    Unreachable,

    /// <summary>The time limit passed before the last byte.</summary>
    TimedOut,

    /// <summary>The answer is longer than it may be.</summary>
    TooLarge,
}

/// <summary>What came of an outbound call: a status with a body, or a failure.</summary>
public sealed record OutboundAnswer
{
    /// <summary>The status; null: there is no answer.</summary>
    public HttpStatusCode? Status { get; init; }

    /// <summary>The status of an answer that was too large to read.</summary>
    public HttpStatusCode? StatusOfFailure { get; init; }

    /// <summary>The whole body, if there is an answer.</summary>
    public ReadOnlyMemory<byte> Content => Body;

    internal byte[] Body { get; init; } = [];

    /// <summary>Why there is none.</summary>
    public OutboundFailure? Failure { get; init; }

    /// <summary>For the log.</summary>
    public string? Detail { get; init; }
}

/// <summary>
/// The one way by which the server calls addresses that clients name, and services that it asks. The address is checked when the connection is made, after the name
/// was resolved, so that no name can lead inside; and no redirect, proxy or cookie takes the call elsewhere. Time and size are limited.
/// </summary>
public sealed class OutboundHttp : IDisposable
{
    private const int ResponseHeadersKilobytes = 16;

    private static readonly TimeSpan s_connectionLifetime = TimeSpan.FromMinutes(2);

    private readonly OutboundOptions _options;
    private readonly bool _development;
    private readonly OutboundAddresses _addresses;
    private readonly TimeProvider _time;
    private readonly HttpMessageInvoker _http;

    /// <summary>Shared: its connections are kept.</summary>
    public OutboundHttp(IOptions<OutboundOptions> options, IOptions<ProtocolOptions> protocol, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(protocol);
        _options = options.Value;
        _development = protocol.Value.IsDevelopment;
        _addresses = new OutboundAddresses(_development ? [.. _options.AllowedNetworks, "127.0.0.0/8", "::1/128"] : _options.AllowedNetworks);
        _time = time;
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            ConnectCallback = ConnectAsync,
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            MaxResponseHeadersLength = ResponseHeadersKilobytes,
            // A name may move; an open connection goes to an address that was checked.
            PooledConnectionLifetime = s_connectionLifetime,
            // Trace ids are nobody else's business.
            ActivityHeadersPropagator = DistributedContextPropagator.CreateNoOutputPropagator(),
        });
    }

    /// <summary>https; http only to loopback in Development.</summary>
    public async Task<OutboundAnswer> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.RequestUri is not { IsAbsoluteUri: true, UserInfo: "" } uri || !(uri.Scheme == "https" || (uri.Scheme == "http" && _development)))
        {
            return new OutboundAnswer { Failure = OutboundFailure.AddressRefused, Detail = "Only https is called." };
        }

        using var limit = new CancellationTokenSource(_options.TimeLimit, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            using var response = await _http.SendAsync(request, either.Token);
            return await ReadAsync(response, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new OutboundAnswer { Failure = OutboundFailure.TimedOut, Detail = $"No answer within {_options.TimeLimit}." };
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            var failure = error.GetBaseException() is AddressRefusedException ? OutboundFailure.AddressRefused : OutboundFailure.Unreachable;
            return new OutboundAnswer { Failure = failure, Detail = error.GetBaseException().Message };
        }
    }

    /// <inheritdoc />
    public void Dispose() => _http.Dispose();

    private async Task<OutboundAnswer> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        // One byte more than allowed is read at most, whatever Content-Length says.
        var buffer = new byte[_options.LargestResponse + 1];
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        var length = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        return length > _options.LargestResponse
            ? new OutboundAnswer 
            {
                Failure = OutboundFailure.TooLarge, StatusOfFailure = response.StatusCode, Detail = $"The answer is longer than {_options.LargestResponse} bytes.",
            }
            : new OutboundAnswer { Status = response.StatusCode, Body = buffer[..length] };
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        var plain = context.InitialRequestMessage.RequestUri!.Scheme == "http";
        var found = IPAddress.TryParse(host, out var literal) ? [literal] : await Dns.GetHostAddressesAsync(host, cancellationToken);
        IPAddress[] permitted = [.. found.Where(address => _addresses.Permit(address) && (!plain || IPAddress.IsLoopback(address)))];
        if (permitted.Length == 0)
        {
            throw new AddressRefusedException($"{host} leads to an address that may not be called ({string.Join(", ", found.Take(3))}): see Outbound:AllowedNetworks.");
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(permitted, port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private sealed class AddressRefusedException(string message) : IOException(message);
}

using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace IdentityProvider.Tests.Support;

/// <summary>Sends what no HTTP library would send.</summary>
internal static class RawHttp
{
    /// <summary>The whole answer; the request should say <c>Connection: close</c>.</summary>
    public static async Task<string> SendAsync(string issuer, string request)
    {
        var address = new Uri(issuer);
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", address.Port);
        await using var stream = new SslStream(client.GetStream(), leaveInnerStreamOpen: false, (_, certificate, _, _) => certificate is not null);
        await stream.AuthenticateAsClientAsync(address.Host);
        using var answer = new MemoryStream();
        try
        {
            await stream.WriteAsync(Encoding.UTF8.GetBytes(request));
            await stream.CopyToAsync(answer);
        }
        catch (IOException)
        {
            // A server that has refused a request need not read the rest of it; what it answered is what counts.
        }

        return Encoding.UTF8.GetString(answer.ToArray());
    }
}

using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace IdentityProvider.Bench.Load;

/// <summary>A reply that a scenario did not expect: the run ends, since figures of a broken server mean nothing.</summary>
internal sealed class UnexpectedReplyException(string message) : Exception(message);

/// <summary>A reply, read to its end.</summary>
internal sealed record Reply(int Status, byte[] Body, string? Location, IReadOnlyList<string> SetCookies)
{
    public string Text => Encoding.UTF8.GetString(Body);

    public Reply Expect(HttpStatusCode status, string what) => Status == (int)status
        ? this
        : throw new UnexpectedReplyException($"{what}: {Status} instead of {(int)status}: {Text[..Math.Min(Text.Length, 400)]}");
}

/// <summary>A plain client over kept connections: no cookies, no redirects, no proxy, no tracing.</summary>
internal sealed class Http(int connections) : IDisposable
{
    private readonly HttpMessageInvoker _invoker = new(new SocketsHttpHandler
    {
        UseCookies = false,
        UseProxy = false,
        AllowAutoRedirect = false,
        ActivityHeadersPropagator = null,
        MaxConnectionsPerServer = connections,
        PooledConnectionLifetime = Timeout.InfiniteTimeSpan,
    });

    public Task<Reply> GetAsync(Uri url, AuthenticationHeaderValue? authorization = null) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Get, url), authorization);

    public Task<Reply> PostAsync(Uri url, IEnumerable<KeyValuePair<string, string>> form, AuthenticationHeaderValue? authorization = null) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Post, url) { Content = new FormUrlEncodedContent(form) }, authorization);

    public async Task<Reply> SendAsync(HttpRequestMessage request, AuthenticationHeaderValue? authorization = null)
    {
        using (request)
        {
            if (!request.RequestUri!.IsLoopback)
            {
                throw new InvalidOperationException($"{request.RequestUri} is not on this machine.");
            }

            request.Headers.Authorization = authorization;
            using var response = await _invoker.SendAsync(request, CancellationToken.None);
            return new Reply(
                (int)response.StatusCode,
                await response.Content.ReadAsByteArrayAsync(),
                response.Headers.TryGetValues("Location", out var location) ? location.First() : null,
                response.Headers.TryGetValues("Set-Cookie", out var cookies) ? [.. cookies] : []);
        }
    }

    public void Dispose() => _invoker.Dispose();
}

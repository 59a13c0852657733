using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using IdentityProvider.Hosting.Configuration;

namespace IdentityProvider.Hosting.CommandLine.Drills;

/// <summary>What the server answered to a client.</summary>
/// <param name="Status">Null: there was no answer.</param>
/// <param name="Json">The body, if it is a JSON object.</param>
/// <param name="RetryAfter">How long to wait before asking again.</param>
internal sealed record DrillAnswer(HttpStatusCode? Status, JsonElement? Json, TimeSpan? RetryAfter = null)
{
    public bool Succeeded => Status == HttpStatusCode.OK;

    /// <summary>Nothing was decided: asking again is right.</summary>
    public bool Unavailable => Status is null or HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests;

    public bool Throttled => Status == HttpStatusCode.TooManyRequests;

    public string? this[string member] =>
        Json is { } json && json.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    public override string ToString() => Status is { } status ? $"{(int)status} {this["error"]} {this["error_description"]}".TrimEnd() : "no answer";
}

/// <summary>A client of a drill at one server. It keeps no cookies and follows no redirect.</summary>
internal sealed class DrillClient : IDisposable
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(30);

    private readonly string _id;
    private readonly string? _secret;

    /// <param name="server">The server's address, with a path if it has one.</param>
    /// <param name="id">The client's id.</param>
    /// <param name="secret">Null: a public client.</param>
    [SuppressMessage("Reliability", "CA2000", Justification = "HttpClient disposes of its handler.")]
    public DrillClient(Uri server, string id, string? secret)
    {
        (_id, _secret) = (id, secret);
        var address = server.AbsoluteUri.EndsWith('/') ? server : new Uri(server.AbsoluteUri + "/");
        Http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false })
        {
            BaseAddress = address,
            Timeout = _limit,
        };
    }

    public HttpClient Http { get; }

    public string Id => _id;

    public Task<DrillAnswer> RefreshAsync(string refreshToken) =>
        PostAsync("connect/token", ("grant_type", "refresh_token"), ("refresh_token", refreshToken));

    public Task<DrillAnswer> IntrospectAsync(string token) => PostAsync("connect/introspect", ("token", token));

    public Task<DrillAnswer> RevokeAsync(string token) => PostAsync("connect/revocation", ("token", token));

    public async Task<DrillAnswer> PostAsync(string path, params (string Name, string Value)[] fields)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path);
        var form = fields.ToDictionary(field => field.Name, field => field.Value);
        if (_secret is null)
        {
            form["client_id"] = _id;
        }
        else
        {
            // RFC 6749 §2.3.1: both parts are form-encoded first.
            var credentials = $"{WebUtility.UrlEncode(_id)}:{WebUtility.UrlEncode(_secret)}";
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes(credentials)));
        }

        request.Content = new FormUrlEncodedContent(form);
        try
        {
            using var response = await Http.SendAsync(request);
            var body = await response.Content.ReadAsStringAsync();
            var json = response.Content.Headers.ContentType?.MediaType == "application/json" ? Parse(body) : null;
            return new DrillAnswer(response.StatusCode, json, response.Headers.RetryAfter?.Delta);
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            return new DrillAnswer(null, null);
        }
    }

    /// <exception cref="ConfigurationException">The text is not the address of a server.</exception>
    public static Uri ParseAddress(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "https" or "http"
            ? address!
            : throw new ConfigurationException($"--url: '{text}' is not an http or https address.");

    public void Dispose() => Http.Dispose();

    private static JsonElement? Parse(string body)
    {
        try
        {
            using var document = JsonDocument.Parse(body.Length > 0 ? body : "{}");
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

using System.Net;
using System.Text.Json;
using Xunit;

namespace IdentityProvider.Tests.Support;

/// <summary>An answer of an endpoint that speaks JSON.</summary>
internal sealed record Answer(HttpResponseMessage Response, string Text)
{
    public HttpStatusCode Status => Response.StatusCode;

    public JsonElement Json => JsonDocument.Parse(Text).RootElement;

    public string? Error => String("error");

    public string AccessToken => String("access_token") ?? throw new InvalidOperationException($"No access token: {Status} {Text}");

    public string IdToken => String("id_token") ?? throw new InvalidOperationException($"No ID token: {Status} {Text}");

    public string RefreshToken => String("refresh_token") ?? throw new InvalidOperationException($"No refresh token: {Status} {Text}");

    public bool Has(string member) => Json.TryGetProperty(member, out _);

    public string? String(string member) => Text.Length > 0 && Json.TryGetProperty(member, out var value) ? value.GetString() : null;

    public string? Header(string name) =>
        Response.Headers.TryGetValues(name, out var values) || Response.Content.Headers.TryGetValues(name, out values) ? string.Join(", ", values) : null;

    /// <summary>An error of RFC 6749 §5.2 with exactly this code, and the status that belongs to it.</summary>
    public void Fails(string error, HttpStatusCode status = HttpStatusCode.BadRequest)
    {
        Assert.True(Status == status, $"{Status}: {Text}");
        Assert.Equal("application/json", Response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(error, Error);
        Assert.Equal("no-store", Header("Cache-Control"));
        FlowChecks.CheckDescription(String("error_description"));
    }

    public Answer Succeeds()
    {
        Assert.True(Status == HttpStatusCode.OK, $"{Status}: {Text}");
        return this;
    }

    public static async Task<Answer> ReadAsync(HttpResponseMessage response) => new(response, await response.Content.ReadAsStringAsync());
}

using System.Net;
using System.Text.Json;
using Xunit;

namespace IdentityProvider.Storage.Tests.SystemTests;

/// <summary>A whole response, read to its end.</summary>
internal sealed record Answer(HttpStatusCode Status, string? MediaType, bool RetryAfter, Uri? Location, string Body)
{
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    public string? Error => MediaType == "application/json" && Json.TryGetProperty("error", out var error) ? error.GetString() : null;

    public string this[string member] => Json.GetProperty(member).GetString()!;

    public static async Task<Answer> ReadAsync(HttpResponseMessage response)
    {
        using (response)
        {
            return new Answer(
                response.StatusCode, response.Content.Headers.ContentType?.MediaType, response.Headers.RetryAfter is not null,
                response.Headers.Location, await response.Content.ReadAsStringAsync());
        }
    }

    public override string ToString() => $"{(int)Status} {MediaType}, Retry-After {RetryAfter}, Location {Location}: {Body}";

    public Answer Succeeds()
    {
        Assert.True(Status == HttpStatusCode.OK, ToString());
        return this;
    }

    public void Fails(HttpStatusCode status, string error) => Assert.True(Status == status && Error == error, ToString());

    /// <summary>What a program is told of an outage: never that its grant is bad.</summary>
    public void IsUnavailable() => Assert.True(IsOutage, ToString());

    public bool IsOutage => Status == HttpStatusCode.ServiceUnavailable && RetryAfter && Error == "temporarily_unavailable";

    /// <summary>What a person is told of an outage.</summary>
    public void IsUnavailablePage() => Assert.True(
        Status == HttpStatusCode.ServiceUnavailable && RetryAfter && MediaType == "text/html"
        && Body.Contains("temporarily_unavailable", StringComparison.Ordinal),
        ToString());
}

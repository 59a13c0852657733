using System.Net;
using IdentityProvider.Accounts.SignIn;
using Microsoft.AspNetCore.Builder;
using Microsoft.Data.Sqlite;
using Xunit;

namespace IdentityProvider.Tests.Hosting;

public sealed class FailureTests : IAsyncLifetime
{
    private const string Secret = "a-detail-for-nobody";
    private TestHost _host = null!;

    public async Task InitializeAsync() => _host = await TestHost.StartAsync(options => options.Use = app =>
    {
        app.MapGet("/connect/broken", () => { throw new InvalidOperationException(Secret); });
        app.MapGet("/broken", () => { throw new InvalidOperationException(Secret); });
        app.MapGet("/connect/outage", () => { throw new SqliteException("disk", 14); });
        app.MapGet("/outage", () => { throw new SqliteException("disk", 14); });
        app.MapGet("/connect/readable", context =>
        {
            context.Response.Headers.AccessControlAllowOrigin = "https://spa.example";
            context.Response.Headers.Vary = "Origin";
            context.Response.Headers.StrictTransportSecurity = "max-age=1";
            context.Response.Headers.ETag = "\"x\"";
            throw new SqliteException("disk", 14);
        });
        app.MapGet("/connect/busy", () => { throw new OverloadedException(); });
    });

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task A_bug_is_server_error_with_a_reference_and_nothing_else()
    {
        using var response = await _host.Http.GetAsync("/connect/broken");

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.True(response.Headers.CacheControl?.NoStore);
        var body = await response.ReadJsonAsync();
        Assert.Equal("server_error", body.GetProperty("error").GetString());
        var reference = body.GetProperty("reference").GetString()!;
        Assert.DoesNotContain(Secret, body.ToString(), StringComparison.Ordinal);
        Assert.Contains(_host.Log.Lines, line => line.Contains(Secret, StringComparison.Ordinal) && line.Contains(reference, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_bug_on_a_page_is_the_error_page_also_in_development()
    {
        using var response = await _host.Http.GetAsync("/broken");

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        var page = await response.ReadHtmlAsync();
        Assert.Equal("server_error", page.GetElementById("error-code")?.TextContent);
        Assert.DoesNotContain(Secret, page.Source.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/connect/outage")]
    [InlineData("/connect/busy")]
    public async Task An_outage_is_503_with_retry_after(string path)
    {
        using var response = await _host.Http.GetAsync(path);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(5), response.Headers.RetryAfter?.Delta);
        Assert.Equal("temporarily_unavailable", (await response.ReadJsonAsync()).GetProperty("error").GetString());
    }

    [Fact]
    public async Task Who_may_read_an_answer_may_read_that_there_is_none()
    {
        using var response = await _host.Http.GetAsync("/connect/readable");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal("https://spa.example", Assert.Single(response.Headers.GetValues("Access-Control-Allow-Origin")));
        Assert.Equal("Origin", Assert.Single(response.Headers.Vary));
        Assert.Equal("max-age=1", Assert.Single(response.Headers.GetValues("Strict-Transport-Security")));
        Assert.False(response.Headers.Contains("Access-Control-Expose-Headers"));
        Assert.Null(response.Headers.ETag);
    }

    [Fact]
    public async Task An_outage_on_a_page_is_the_error_page_with_retry_after()
    {
        using var response = await _host.Http.GetAsync("/outage");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(5), response.Headers.RetryAfter?.Delta);
        Assert.Equal("temporarily_unavailable", (await response.ReadHtmlAsync()).GetElementById("error-code")?.TextContent);
    }

    [Theory]
    [InlineData("/nothing/here")]
    [InlineData("/%00")]
    [InlineData("/😀")]
    [InlineData("/account/login/%2e%2e%2f")]
    public async Task A_path_that_leads_nowhere_is_the_error_page(string path)
    {
        using var response = await _host.Http.GetAsync(path);

        Assert.InRange((int)response.StatusCode, 400, 499);
    }

    [Fact]
    public async Task A_program_gets_no_page_for_an_unknown_endpoint()
    {
        using var response = await _host.Http.GetAsync("/connect/nothing");

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal(0, response.Content.Headers.ContentLength);
    }

    [Fact]
    public async Task A_person_gets_a_page_for_a_bad_authorization_request()
    {
        using var response = await _host.Http.GetAsync("/connect/authorize?client_id=nobody");

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.NotNull((await response.ReadHtmlAsync()).GetElementById("error-code"));
    }

    [Theory]
    [InlineData("/connect/token")]
    [InlineData("/connect/revocation")]
    [InlineData("/connect/introspect")]
    public async Task A_body_of_a_megabyte_is_413(string path)
    {
        using var response = await _host.Http.PostAsync(path, ("token", new string('x', 1024 * 1024)));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
    }

    [Theory]
    [InlineData("%zz=%", "application/x-www-form-urlencoded")]
    [InlineData("{\"grant_type\":[]}", "application/json")]
    [InlineData("--x\r\nnonsense", "multipart/form-data; boundary=x")]
    [InlineData("--x", "multipart/form-data")]
    public async Task A_body_that_is_no_form_is_a_client_error(string body, string type)
    {
        using var content = new StringContent(body);
        content.Headers.Remove("Content-Type");
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        foreach (var path in (string[])["/connect/token", "/account/login", "/connect/authorize"])
        {
            using var response = await _host.Http.PostAsync(path, content);
            Assert.InRange((int)response.StatusCode, 300, 499);
        }
    }
}

using System.Buffers;
using System.Text.Json;
using IdentityProvider.Protocol.Errors;
using IdentityProvider.Protocol.Interactions;
using Microsoft.AspNetCore.Http;

namespace IdentityProvider.Protocol.Endpoints;

/// <summary>The forms of answers that several endpoints share.</summary>
internal static class ProtocolResponse
{
    private static readonly TimeSpan s_outage = TimeSpan.FromSeconds(5);

    /// <summary>A JSON object that no cache may keep (RFC 6749 §5.1).</summary>
    public static Task WriteJsonAsync<TState>(HttpContext context, int status, TState state, Action<Utf8JsonWriter, TState> write)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            write(json, state);
            json.WriteEndObject();
        }

        return WriteJsonAsync(context, status, buffer.WrittenMemory);
    }

    /// <summary>The same of an object that is JSON already, as UTF-8.</summary>
    public static async Task WriteJsonAsync(HttpContext context, int status, ReadOnlyMemory<byte> json)
    {
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = "application/json";
        response.Headers.CacheControl = "no-store";
        response.Headers.Pragma = "no-cache";
        response.ContentLength = json.Length;
        await response.BodyWriter.WriteAsync(json);
    }

    /// <summary>An error of RFC 6749 §5.2.</summary>
    public static Task WriteErrorAsync(HttpContext context, OAuthError error)
    {
        if (error.Status == StatusCodes.Status401Unauthorized && context.Response.Headers.WWWAuthenticate.Count == 0)
        {
            context.Response.Headers.WWWAuthenticate = "Basic realm=\"clients\", charset=\"UTF-8\"";
        }

        WriteRetryAfter(context, error.Status == StatusCodes.Status503ServiceUnavailable ? s_outage : error.RetryAfter);
        return WriteJsonAsync(context, error.Status, error, static (json, error) =>
        {
            json.WriteString("error", error.Code);
            json.WriteString("error_description", error.Description);
        });
    }

    /// <summary>An error for the person in front of the browser: the host renders its page for the status.</summary>
    public static void ShowErrorPage(HttpContext context, ErrorPage page)
    {
        context.Features.Set(page);
        context.Response.StatusCode = page.Error.Status == StatusCodes.Status401Unauthorized ? StatusCodes.Status400BadRequest : page.Error.Status;
        context.Response.Headers.CacheControl = "no-store";
        WriteRetryAfter(context, page.Error.RetryAfter);
    }

    /// <summary>A page of its own, with something in it that nobody else may learn.</summary>
    public static Task WritePageAsync(HttpContext context, string html, string policy)
    {
        var response = context.Response;
        response.ContentType = "text/html; charset=utf-8";
        response.Headers.CacheControl = "no-store";
        response.Headers.Pragma = "no-cache";
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.ContentSecurityPolicy = policy;
        return response.WriteAsync(html, context.RequestAborted);
    }

    /// <summary>303, never 307: the browser must not send a form with credentials on (RFC 9700 §4.12).</summary>
    public static void SeeOther(HttpContext context, string location)
    {
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        context.Response.Headers.Location = location;
        context.Response.Headers.CacheControl = "no-store";
    }

    private static void WriteRetryAfter(HttpContext context, TimeSpan? wait)
    {
        if (wait is { } time)
        {
            context.Response.Headers.RetryAfter = Math.Ceiling(time.TotalSeconds).ToString(System.Globalization.CultureInfo.InvariantCulture);
        }
    }
}

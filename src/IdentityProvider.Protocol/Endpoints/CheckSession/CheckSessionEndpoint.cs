using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using IdentityProvider.Protocol.Subjects;
using Microsoft.AspNetCore.Http;

namespace IdentityProvider.Protocol.Endpoints.CheckSession;

/// <summary>
/// The check-session frame (OpenID Connect Session Management §3.2). Any site may show it: it says no more than whether a state that the
/// asker has is still the browser's.
/// </summary>
internal sealed class CheckSessionEndpoint(ISubjects subjects)
{
    public const string Path = "/connect/checksession";

    private readonly string _script = ReadScript();

    public Task HandleAsync(HttpContext context)
    {
        var nonce = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));
        var response = context.Response;
        response.ContentType = "text/html; charset=utf-8";
        response.Headers.CacheControl = "no-store";
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.ContentSecurityPolicy = $"default-src 'none'; script-src 'nonce-{nonce}'; frame-ancestors *; base-uri 'none'; form-action 'none'";
        return response.WriteAsync(
            $"""
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><title>Session</title></head>
            <body data-cookie="{WebUtility.HtmlEncode(subjects.BrowserStateCookie)}"><script nonce="{nonce}">{_script}</script></body></html>
            """,
            context.RequestAborted);
    }

    private static string ReadScript()
    {
        using var reader = new StreamReader(typeof(CheckSessionEndpoint).Assembly.GetManifestResourceStream("check-session.js")!);
        return reader.ReadToEnd();
    }
}

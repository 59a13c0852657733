using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace IdentityProvider.Browser.Tests;

/// <summary>
/// An app on another site: the provider is at <c>localhost</c>, the app at <c>127.0.0.1</c>, which browsers hold to be different sites.
/// </summary>
public sealed class RelyingParty : IAsyncDisposable
{
    private readonly WebApplication _app;

    private readonly bool _sameSite;

    private RelyingParty(WebApplication app, bool sameSite) => (_app, _sameSite) = (app, sameSite);

    public string Origin => _sameSite ? $"https://localhost:{new Uri(_app.Urls.Single()).Port}" : _app.Urls.Single();

    public string Callback => $"{Origin}/callback";

    public string Bye => $"{Origin}/bye";

    /// <summary>The page that is opened at a logout.</summary>
    public string FrontChannel => $"{Origin}/front-channel";

    /// <summary>The session ids that page was opened with.</summary>
    public ConcurrentQueue<string?> SignedOut { get; } = new();

    /// <summary>That page comes when this is done.</summary>
    public Task FrontChannelUntil { get; set; } = Task.CompletedTask;

    /// <summary>Another app, to which this one sends on whoever comes back from the provider.</summary>
    public RelyingParty? Next { get; set; }

    /// <summary>Where a sign-in that starts at the app leads.</summary>
    public string? AuthorizeUrl { get; set; }

    /// <param name="sameSite">At <c>https://localhost</c>, on the site of the provider, if that one speaks https too.</param>
    public static async Task<RelyingParty> StartAsync(bool sameSite = false)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            if (sameSite)
            {
                listen.UseHttps(TestHost.Certificate);
            }
        }));
        var app = builder.Build();
        var party = new RelyingParty(app, sameSite);
        app.Map("/callback", party.CallbackAsync);
        app.MapGet("/", () => Page("<h1>The app</h1>"));
        app.MapGet("/bye", (string? state) => party.Next is { } next ? Results.Redirect($"{next.Bye}?state={state}") : Page($"<h1>Signed out of the app</h1><p id=\"state\">{WebUtility.HtmlEncode(state)}</p>"));
        app.MapGet("/start", () => Results.Redirect(party.AuthorizeUrl!));
        app.MapGet("/post", (HttpRequest request) => Page(PostingForm(request.Query)));
        app.MapGet("/frame", (string src) => Page($"<iframe src=\"{WebUtility.HtmlEncode(src)}\" width=\"600\" height=\"600\"></iframe>"));
        app.MapGet("/front-channel", party.FrontChannelAsync);
        app.MapGet("/check", (string frame, string message) => Page(CheckingScript(frame, message)));
        app.MapGet("/logo.svg", () => Results.Text("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1 1\"><rect width=\"1\" height=\"1\"/></svg>", "image/svg+xml"));
        await app.StartAsync();
        return party;
    }

    /// <summary>A page of the app that posts these fields to another site as soon as it is open.</summary>
    public string PageThatPosts(string action, params (string Name, string Value)[] fields) =>
        $"{Origin}/post{QueryString.Create([KeyValuePair.Create<string, string?>("action", action), .. fields.Select(field => KeyValuePair.Create<string, string?>(field.Name, field.Value))])}";

    /// <summary>A page of the app that asks the check-session frame about this session state, and shows the answer.</summary>
    public string PageThatChecks(string frame, string clientId, string sessionState) =>
        $"{Origin}/check{QueryString.Create([KeyValuePair.Create<string, string?>("frame", frame), KeyValuePair.Create<string, string?>("message", $"{clientId} {sessionState}")])}";

    /// <summary>A page of the app with a frame that shows this address.</summary>
    public string PageThatFrames(string address) => $"{Origin}/frame?src={Uri.EscapeDataString(address)}";

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    /// <summary>Shows what arrived; a fragment, which no server sees, is read by a script.</summary>
    private async Task<IResult> CallbackAsync(HttpRequest request)
    {
        var (by, values) = HttpMethods.IsPost(request.Method) ? ("form_post", (await request.ReadFormAsync()).ToDictionary())
            : request.Query.Count > 0 ? ("query", request.Query.ToDictionary())
            : ("fragment", []);
        var answer = JsonSerializer.Serialize(values.ToDictionary(value => value.Key, value => value.Value.ToString()));
        if (Next is { } next)
        {
            return Results.Redirect(next.Callback + QueryString.Create(values.Append(new("by", by))));
        }

        return Page(by == "fragment"
            ? """
              <h1>Back at the app</h1>
              <script>
                const answer = document.createElement('pre');
                answer.id = 'answer';
                answer.dataset.by = 'fragment';
                answer.textContent = JSON.stringify(Object.fromEntries(new URLSearchParams(location.hash.slice(1))));
                document.body.append(answer);
              </script>
              """
            : $"<h1>Back at the app</h1><pre id=\"answer\" data-by=\"{by}\">{WebUtility.HtmlEncode(answer)}</pre>");
    }

    private async Task<IResult> FrontChannelAsync(string? sid)
    {
        SignedOut.Enqueue(sid);
        await FrontChannelUntil;
        return Page("<p>Signed out</p>");
    }

    private static string CheckingScript(string frame, string message) =>
        $$"""
        <iframe hidden></iframe><pre id="state"></pre>
        <script>
          const [url, message] = {{JsonSerializer.Serialize(new[] { frame, message })}};
          const frame = document.querySelector('iframe'), origin = new URL(url).origin;
          addEventListener('message', event => { if (event.origin === origin) document.getElementById('state').textContent = event.data; });
          frame.onload = () => frame.contentWindow.postMessage(message, origin);
          frame.src = url;
        </script>
        """;

    private static string PostingForm(IQueryCollection query)
    {
        var fields = query.Where(field => field.Key != "action")
            .Select(field => $"<input type=\"hidden\" name=\"{WebUtility.HtmlEncode(field.Key)}\" value=\"{WebUtility.HtmlEncode(field.Value)}\">");
        return $"<form method=\"post\" action=\"{WebUtility.HtmlEncode(query["action"])}\">{string.Concat(fields)}</form><script>document.forms[0].submit()</script>";
    }

    private static IResult Page(string body) =>
        Results.Content($"<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>The app</title></head><body>{body}</body></html>", "text/html");
}

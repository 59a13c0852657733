using System.Diagnostics;
using IdentityProvider.Protocol.Errors;
using Microsoft.AspNetCore.Http;

namespace IdentityProvider.Protocol;

/// <summary>
/// One span per request of an endpoint, within the span of the HTTP request. Its tags are ids of known clients and words of ours, never
/// a part of what was sent. While nobody listens, a request costs the question whether somebody does.
/// </summary>
internal static class ProtocolSpans
{
    private static readonly ActivitySource s_source = new(ProtocolMetrics.Name);

    private static Activity? Current => s_source.HasListeners() && Activity.Current is { } span && span.Source == s_source ? span : null;

    /// <summary>The handler, under a span of this name.</summary>
    public static RequestDelegate Around(string name, RequestDelegate handler) =>
        context => s_source.HasListeners() ? RunAsync(name, handler, context) : handler(context);

    /// <summary>A client that exists; what a request calls itself may be anything.</summary>
    public static void Client(string clientId) => Current?.SetTag("oauth.client_id", clientId);

    /// <summary>A grant type that we support.</summary>
    public static void GrantType(string grantType) => Current?.SetTag("oauth.grant_type", grantType);

    public static void Outcome(string outcome) => Current?.SetTag("idp.outcome", outcome);

    /// <summary>A refusal is what the endpoint is for: only an outage of ours makes the span a failure.</summary>
    public static void Refused(OAuthError error) =>
        Current?.SetTag("idp.outcome", "refused").SetTag("error.type", error.Code);

    private static async Task RunAsync(string name, RequestDelegate handler, HttpContext context)
    {
        using var span = s_source.StartActivity(name);
        try
        {
            await handler(context);
        }
        catch (Exception exception)
        {
            // Its message may hold what was sent.
            span?.SetTag("idp.outcome", "failed").SetTag("error.type", exception.GetType().FullName).SetStatus(ActivityStatusCode.Error);
            throw;
        }
    }
}

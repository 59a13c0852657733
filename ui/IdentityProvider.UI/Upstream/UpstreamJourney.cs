using System.Text.Json;
using IdentityProvider.Accounts.Upstream;
using IdentityProvider.Protocol.Interactions;
using IdentityProvider.Protocol.Upstream;
using IdentityProvider.UI.Security;
using Microsoft.AspNetCore.Http;

namespace IdentityProvider.UI.Upstream;

/// <summary>The way to another provider and back, as the pages go it.</summary>
public sealed class UpstreamJourney(UpstreamProviders providers, UpstreamClient client, UpstreamAttempts attempts)
{
    /// <summary>The providers that a sign-in page offers.</summary>
    public UpstreamProviders Providers => providers;

    /// <summary>Sends somebody off: the address of the provider, whose answer this browser may bring. Null: the provider cannot be reached.</summary>
    internal async Task<string?> LeaveAsync(HttpContext context, UpstreamProvider provider, UpstreamDeparture departure)
    {
        var state = attempts.NewState();
        var wish = new UpstreamWish
        {
            State = state,
            Pending = departure.Pending,
            Fresh = departure.Fresh || departure.LinkInSession is not null,
            LoginHint = departure.LoginHint,
        };
        if (await client.BeginAsync(provider, wish, context.RequestAborted) is not { } request)
        {
            return null;
        }

        attempts.Keep(context, state, new UpstreamAttempt
        {
            Provider = provider.Name,
            Request = JsonSerializer.Serialize(request),
            Interaction = departure.Target.Interaction,
            ReturnUrl = departure.Target.ReturnUrl,
            Remember = departure.Remember,
            LinkInSession = departure.LinkInSession,
        });
        return request.Url;
    }

    /// <summary>The attempt that this request answers, and its provider; null: none of this browser's, too old, or answered before.</summary>
    internal async Task<(UpstreamAttempt Attempt, UpstreamProvider Provider)?> ReturnAsync(HttpContext context)
    {
        var state = context.Request.Query["state"];
        return state.Count == 1 && await attempts.TakeAsync(context, state[0]) is { } attempt && providers.Find(attempt.Provider) is { } provider
            ? (attempt, provider)
            : null;
    }

    /// <summary>What the provider says.</summary>
    internal Task<UpstreamAnswer> ReadAsync(HttpContext context, UpstreamAttempt attempt, UpstreamProvider provider) =>
        client.FinishAsync(provider, JsonSerializer.Deserialize<UpstreamRequest>(attempt.Request)!, context.Request.Query, context.RequestAborted);

    /// <summary>An identity there as an account that may sign in here: what the provider is trusted with has been decided by its configuration.</summary>
    internal static ExternalAccount Describe(UpstreamIdentity identity) => new()
    {
        Issuer = identity.Issuer,
        Subject = identity.Subject,
        Username = identity.Username,
        Name = identity.Name,
        GivenName = identity.GivenName,
        FamilyName = identity.FamilyName,
        Email = identity.Email,
        EmailIsVerified = identity.EmailIsTrusted,
        MayRegister = identity.Provider.AllowRegistration,
        Age = identity.Age,
        Acr = identity.Acr,
        Amr = identity.Amr,
    };
}

/// <summary>Somebody who is about to be sent to a provider.</summary>
internal sealed record UpstreamDeparture(SignInTarget Target)
{
    public PendingAuthorization? Pending { get; init; }

    public bool Fresh { get; init; }

    public bool Remember { get; init; }

    public string? LoginHint { get; init; }

    public Guid? LinkInSession { get; init; }
}

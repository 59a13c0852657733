using System.Text.Json;
using System.Text.Json.Serialization;
using IdentityProvider.Accounts.Devices;
using IdentityProvider.Accounts.Notifications;
using IdentityProvider.Accounts.OneTimeTokens;
using IdentityProvider.Accounts.Recovery;
using IdentityProvider.Accounts.Throttling;
using IdentityProvider.Accounts.Users;
using Microsoft.AspNetCore.Http;

namespace IdentityProvider.Accounts.SignIn;

/// <summary>
/// Tells people of a sign-in from where they have never been. Each mail has a link of its own that says that it was somebody else: it goes
/// to the address of a while ago too, since whoever got in may have changed it.
/// </summary>
internal sealed class SignInNotices(OneTimeTokenIssuer issuer, IOneTimeTokenStore tokens, MailThrottle throttle, TimeProvider time)
{
    /// <summary>7 d: as long as a change of the address can be taken back.</summary>
    private static readonly TimeSpan s_lifetime = TimeSpan.FromDays(7);

    /// <summary>1 min: what another instance writes right after the sign-in may bear an earlier time.</summary>
    private static readonly TimeSpan s_clocks = TimeSpan.FromMinutes(1);

    public async Task TellAsync(HttpContext context, User user, Guid sessionId, SignInPlace place)
    {
        if (place is { NewDevice: false, NewCountry: false } || user is not { EmailConfirmed: true, Email: { } current })
        {
            return;
        }

        var now = time.GetUtcNow();
        var former = await tokens.ListAsync(user.Id, OneTimeTokenPurposes.UndoEmailChange, CancellationToken.None);
        foreach (var (email, since) in Addresses(current, now - s_clocks, former))
        {
            var content = new SignInContent(sessionId, since, place.NewCountry ? place.Country : null);
            if (!await throttle.MayMailAsync(OneTimeTokenPurposes.NotMe, email))
            {
                continue;
            }

            await issuer.SendAsync(
                new OneTimeTokenRequest
                {
                    Purpose = OneTimeTokenPurposes.NotMe,
                    UserId = user.Id,
                    Lifetime = s_lifetime,
                    Content = JsonSerializer.Serialize(content, SignInContentJson.Default.SignInContent),
                },
                new OutgoingMail
                {
                    Template = MailTemplates.NewSignIn,
                    To = email,
                    Culture = user.Culture,
                    Values = Values(context, user, place, now),
                });
        }
    }

    /// <summary>
    /// A former address says no to its own change too: else its link would leave the account with whoever has changed it.
    /// </summary>
    private static IEnumerable<(string Email, DateTimeOffset Since)> Addresses(string current, DateTimeOffset signIn, IReadOnlyList<OneTimeToken> former) => former
        .GroupBy(token => EmailContent.Read(token).Email, StringComparer.OrdinalIgnoreCase)
        .Where(changes => !string.Equals(changes.Key, current, StringComparison.OrdinalIgnoreCase))
        .Select(changes => (changes.Key, changes.Min(token => token.CreatedAt)))
        .Prepend((current, signIn));

    private static Dictionary<string, string> Values(HttpContext context, User user, SignInPlace place, DateTimeOffset now)
    {
        var values = MailValues.Of(user.UserName, now, context);
        var (browser, system) = UserAgentNames.Of(context.Request.Headers.UserAgent.ToString());
        if ((browser ?? system) is { } name)
        {
            values["device"] = browser is null || system is null ? name : $"{browser}, {system}";
        }

        if (place.Country is { } country)
        {
            values["country"] = country;
        }

        return values;
    }
}

/// <summary>What a link that denies a sign-in knows about it.</summary>
/// <param name="SessionId">The session that it started.</param>
/// <param name="Since">From when on everything is somebody else's.</param>
/// <param name="Country">A country that was new then.</param>
internal sealed record SignInContent(
    [property: JsonPropertyName("session")] Guid SessionId,
    [property: JsonPropertyName("since")] DateTimeOffset Since,
    [property: JsonPropertyName("country")] string? Country);

[JsonSerializable(typeof(SignInContent))]
internal sealed partial class SignInContentJson : JsonSerializerContext;

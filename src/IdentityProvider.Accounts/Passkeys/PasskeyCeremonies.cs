using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using IdentityProvider.Accounts.Factors;
using IdentityProvider.Accounts.Sessions;
using IdentityProvider.Accounts.Users;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Accounts.Passkeys;

/// <summary>What a page hands to the browser.</summary>
/// <param name="Options">The options of WebAuthn, as JSON.</param>
/// <param name="Challenge">The same challenge, sealed: it comes back with the answer.</param>
public sealed record PasskeyPrompt(string Options, string Challenge);

/// <summary>What comes back.</summary>
/// <param name="Credential">The credential that the browser made or used, as JSON.</param>
/// <param name="Challenge">The sealed challenge of <see cref="PasskeyPrompt"/>.</param>
public sealed record PasskeyAnswer(string? Credential, string? Challenge);

internal enum PasskeyPurpose
{
    SignIn,
    SecondFactor,
    Registration,
}

internal sealed record VerifiedPasskey(User User, UserPasskeyInfo Passkey);

/// <summary>
/// The ceremonies of WebAuthn (Level 3, §7) over ASP.NET Core Identity's handler. Its challenge is kept by nobody: it is sealed into the page,
/// with its purpose, its browser, its person and its end, and marked in the database when it is answered, before anything is verified.
/// So looking at a page writes nothing, and no answer counts twice, though synced passkeys count no signatures.
/// </summary>
internal sealed partial class PasskeyCeremonies(
    IPasskeyHandler<User> handler,
    UserManager<User> users,
    IFactorStore factors,
    IDataProtectionProvider protection,
    IOptions<SessionCookieOptions> cookies,
    TimeProvider time,
    ILogger<PasskeyCeremonies> logger)
{
    private const int LongestAnswer = 16 * 1024;
    private const int LongestBrowser = 64;

    /// <summary>A sign-in page may wait in a tab for a while; afterwards it asks once more.</summary>
    private static readonly TimeSpan s_lifetime = TimeSpan.FromMinutes(30);

    private readonly IDataProtector _protector = protection.CreateProtector("passkey-challenge");
    private readonly bool _secure = cookies.Value.Secure;

    private string CookieName => _secure ? "__Host-idp.passkey" : "idp.passkey";

    /// <summary>
    /// Asks for a passkey. Whoever it is for, <c>allowCredentials</c> stays empty: a list would tell who has an account, and which keys.
    /// </summary>
    public async Task<PasskeyPrompt> PromptAsync(HttpContext context, PasskeyPurpose purpose, Guid? userId)
    {
        var options = await handler.MakeRequestOptionsAsync(null, context);
        return new PasskeyPrompt(options.RequestOptionsJson, Seal(context, purpose, userId, options.AssertionState));
    }

    /// <summary>Asks for a new passkey of this person.</summary>
    public async Task<PasskeyPrompt> PromptNewAsync(HttpContext context, User user)
    {
        var name = user.UserName ?? "";
        var options = await handler.MakeCreationOptionsAsync(new PasskeyUserEntity { Id = user.Id.ToString("D"), Name = name, DisplayName = name }, context);
        return new PasskeyPrompt(options.CreationOptionsJson, Seal(context, PasskeyPurpose.Registration, user.Id, options.AttestationState));
    }

    /// <summary>WebAuthn §7.2. Null: refused, for a reason that is in the log.</summary>
    public async Task<VerifiedPasskey?> VerifyAsync(HttpContext context, PasskeyPurpose purpose, Guid? userId, PasskeyAnswer answer)
    {
        if (await OpenAsync(context, purpose, userId, answer) is not { } state)
        {
            return null;
        }

        var result = await handler.PerformAssertionAsync(new PasskeyAssertionContext { HttpContext = context, CredentialJson = answer.Credential!, AssertionState = state });
        if (!result.Succeeded || result.User.DisabledAt is not null)
        {
            Refused(purpose, result.Failure?.Message ?? "the account is disabled");
            return null;
        }

        // The signature count, and whether the key is backed up.
        if (!await factors.UpdatePasskeyAsync(result.User.Id, result.Passkey))
        {
            Refused(purpose, "the passkey was removed at this moment");
            return null;
        }

        if (!await factors.NotePasskeyUseAsync(result.User.Id, result.Passkey.CredentialId))
        {
            Refused(purpose, "the passkey is suspended");
            return null;
        }

        return new VerifiedPasskey(result.User, result.Passkey);
    }

    /// <summary>
    /// The id of a refused credential that nobody has here, for the browser to forget it; null: it is somebody's, or unreadable. An id is 16
    /// random bytes at least, so that asking tells nobody anything.
    /// </summary>
    public async Task<string?> FindUnknownAsync(PasskeyAnswer answer)
    {
        try
        {
            using var credential = JsonDocument.Parse(answer.Credential is { Length: > 0 and <= LongestAnswer } json ? json : "{}");
            return credential.RootElement is { ValueKind: JsonValueKind.Object } root
                && root.TryGetProperty("id", out var member) && member.ValueKind == JsonValueKind.String
                && member.GetString() is { Length: >= 22 } id && Base64Url.IsValid(id)
                && await users.FindByPasskeyIdAsync(Base64Url.DecodeFromChars(id)) is null
                    ? id
                    : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // The latter for half of a surrogate pair, which is JSON but no text.
            return null;
        }
    }

    /// <summary>WebAuthn §7.1. Null: refused.</summary>
    public async Task<UserPasskeyInfo?> VerifyNewAsync(HttpContext context, User user, PasskeyAnswer answer)
    {
        if (await OpenAsync(context, PasskeyPurpose.Registration, user.Id, answer) is not { } state)
        {
            return null;
        }

        var result = await handler.PerformAttestationAsync(new PasskeyAttestationContext { HttpContext = context, CredentialJson = answer.Credential!, AttestationState = state });
        if (result.Succeeded)
        {
            return result.Passkey;
        }

        Refused(PasskeyPurpose.Registration, result.Failure.Message);
        return null;
    }

    /// <summary>What tells this browser from others, for what is sealed into its pages.</summary>
    public string MarkOf(HttpContext context) => BrowserMark(EnsureBrowser(context));

    private string Seal(HttpContext context, PasskeyPurpose purpose, Guid? userId, string? state)
    {
        var now = time.GetUtcNow();
        var sealable = new Challenge(Guid.CreateVersion7(now), purpose, userId, BrowserMark(EnsureBrowser(context)), now + s_lifetime, state);
        return _protector.Protect(JsonSerializer.Serialize(sealable));
    }

    private async Task<string?> OpenAsync(HttpContext context, PasskeyPurpose purpose, Guid? userId, PasskeyAnswer answer)
    {
        if (answer is not { Credential: { Length: > 0 and <= LongestAnswer }, Challenge: { Length: > 0 and <= LongestAnswer } } || Unprotect(answer.Challenge) is not { } challenge)
        {
            Refused(purpose, "there is no readable answer or challenge");
            return null;
        }

        if (challenge.Purpose != purpose || challenge.UserId != userId || ReadBrowser(context) is not { } browser || challenge.Browser != BrowserMark(browser))
        {
            Refused(purpose, "the challenge was made for something or somebody else");
            return null;
        }

        // Marked before anything is verified: of several answers at once, one goes on.
        if (challenge.ExpiresAt <= time.GetUtcNow() || !await factors.ConsumeChallengeAsync(challenge.Id, s_lifetime))
        {
            Refused(purpose, "the challenge is too old, or was answered before");
            return null;
        }

        return challenge.State ?? "";
    }

    private Challenge? Unprotect(string value)
    {
        try
        {
            return JsonSerializer.Deserialize<Challenge>(_protector.Unprotect(value));
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private string EnsureBrowser(HttpContext context)
    {
        if (ReadBrowser(context) is { } known)
        {
            return known;
        }

        // A page may ask several times before the cookie has reached the browser.
        if (context.Items.TryGetValue(typeof(PasskeyCeremonies), out var written))
        {
            return (string)written!;
        }

        var value = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));
        context.Items[typeof(PasskeyCeremonies)] = value;
        context.Response.Cookies.Append(CookieName, value, new CookieOptions
        {
            HttpOnly = true,
            Secure = _secure,
            SameSite = SameSiteMode.Lax,
            Path = "/",
            IsEssential = true,
        });
        return value;
    }

    private string? ReadBrowser(HttpContext context) =>
        context.Request.Cookies.TryGetValue(CookieName, out var value) && value.Length is > 0 and <= LongestBrowser ? value : null;

    private static string BrowserMark(string browser) => Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(browser)));

    private sealed record Challenge(Guid Id, PasskeyPurpose Purpose, Guid? UserId, string Browser, DateTimeOffset ExpiresAt, string? State);

    [LoggerMessage(1020, LogLevel.Information, "Passkey refused ({Purpose}): {Reason}")]
    private partial void Refused(PasskeyPurpose purpose, string reason);
}

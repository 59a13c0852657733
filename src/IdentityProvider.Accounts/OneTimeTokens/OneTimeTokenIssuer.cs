using System.Globalization;
using System.Security.Cryptography;
using IdentityProvider.Accounts.Notifications;

namespace IdentityProvider.Accounts.OneTimeTokens;

/// <summary>What a one-time token is to be.</summary>
public sealed record OneTimeTokenRequest
{
    /// <summary>One of <see cref="OneTimeTokenPurposes"/>.</summary>
    public required string Purpose { get; init; }

    /// <summary>Whose.</summary>
    public required Guid UserId { get; init; }

    /// <summary>For how long it is good.</summary>
    public required TimeSpan Lifetime { get; init; }

    /// <summary>True: it has a link, 256 bits.</summary>
    public bool Link { get; init; } = true;

    /// <summary>Digits of the code that stands beside the link or alone, 6 to 8; 0: there is none.</summary>
    public int CodeDigits { get; init; }

    /// <summary>See <see cref="NewOneTimeToken.BrowserHash"/>.</summary>
    public byte[]? BrowserHash { get; init; }

    /// <summary>See <see cref="NewOneTimeToken.SecurityStamp"/>.</summary>
    public string? SecurityStamp { get; init; }

    /// <summary>See <see cref="NewOneTimeToken.Content"/>.</summary>
    public string? Content { get; init; }
}

/// <summary>A token before it is stored, and what the reader of the mail gets of it: nobody else does.</summary>
/// <param name="Token">For the store.</param>
/// <param name="Text">What stands in the link; null: there is no link.</param>
public sealed record PreparedToken(NewOneTimeToken Token, string? Text);

/// <summary>Makes one-time tokens and the mails that carry them.</summary>
public sealed class OneTimeTokenIssuer(IOneTimeTokenStore store, MailSecrets secrets, TimeProvider time)
{
    /// <summary>A new token. It exists once a store has written it.</summary>
    public PreparedToken Prepare(OneTimeTokenRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var id = Guid.CreateVersion7(time.GetUtcNow());
        var (text, link) = request.Link ? OneTimeLink.Create(id) : (null, null);
        return new PreparedToken(
            new NewOneTimeToken
            {
                Id = id,
                Purpose = request.Purpose,
                UserId = request.UserId,
                SecretHash = link?.SecretHash,
                Code = request.CodeDigits == 0 ? null : CreateCode(request.CodeDigits),
                BrowserHash = request.BrowserHash,
                SecurityStamp = request.SecurityStamp,
                Content = request.Content,
                Lifetime = request.Lifetime,
            },
            text);
    }

    /// <summary>
    /// The token for when no mail carries its code: then nobody can guess it either, and tries of it end as with any other. What is typed are
    /// digits, and this is none.
    /// </summary>
    public static NewOneTimeToken Untold(NewOneTimeToken token)
    {
        ArgumentNullException.ThrowIfNull(token);
        return token.Code is null ? token : token with { Code = "untold " + Convert.ToHexString(RandomNumberGenerator.GetBytes(16)) };
    }

    /// <summary>The mail with the token's secrets sealed in it, <c>token</c> and <c>code</c>; it is not sent once the token is over.</summary>
    public OutgoingMail Seal(OutgoingMail mail, PreparedToken prepared)
    {
        ArgumentNullException.ThrowIfNull(mail);
        ArgumentNullException.ThrowIfNull(prepared);
        var values = new Dictionary<string, string>();
        if (prepared.Text is { } text)
        {
            values["token"] = text;
        }

        if (prepared.Token.Code is { } code)
        {
            values["code"] = code;
        }

        return mail with { Sealed = secrets.Seal(values), VoidAfter = time.GetUtcNow() + prepared.Token.Lifetime };
    }

    /// <summary>Makes a token, stores it and sends it, in one transaction. Returns its id, by which a code is tried.</summary>
    public async Task<Guid> SendAsync(OneTimeTokenRequest request, OutgoingMail mail)
    {
        var prepared = Prepare(request);
        await store.IssueAsync(prepared.Token, Seal(mail, prepared));
        return prepared.Token.Id;
    }

    private static string CreateCode(int digits)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(digits, 6);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(digits, 8);
        return RandomNumberGenerator.GetInt32((int)Math.Pow(10, digits)).ToString($"D{digits}", CultureInfo.InvariantCulture);
    }
}

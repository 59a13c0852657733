using System.Buffers.Text;
using System.Security.Cryptography;

namespace IdentityProvider.Accounts.OneTimeTokens;

/// <summary>A token to be stored. <see cref="OneTimeTokenIssuer"/> makes it.</summary>
public sealed record NewOneTimeToken
{
    /// <summary>The row.</summary>
    public required Guid Id { get; init; }

    /// <summary>One of <see cref="OneTimeTokenPurposes"/>.</summary>
    public required string Purpose { get; init; }

    /// <summary>Whose.</summary>
    public required Guid UserId { get; init; }

    /// <summary>SHA-256 of the link's secret; null: there is no link.</summary>
    public byte[]? SecretHash { get; init; }

    /// <summary>The short code, which is stored as a keyed hash; null: there is none.</summary>
    public string? Code { get; init; }

    /// <summary>Hash of the mark of the browser that asked for it: <see cref="OneTimeTokenCookie"/>. Null: it is good in any.</summary>
    public byte[]? BrowserHash { get; init; }

    /// <summary>The person's security stamp: another one by the time of use voids the token. Null: it outlives changes of the account.</summary>
    public string? SecurityStamp { get; init; }

    /// <summary>What the purpose needs, as JSON.</summary>
    public string? Content { get; init; }

    /// <summary>For how long it is good.</summary>
    public required TimeSpan Lifetime { get; init; }
}

/// <summary>A link as it was presented: what <see cref="Parse"/> read of it.</summary>
/// <param name="Id">The row.</param>
/// <param name="SecretHash">SHA-256 of the secret.</param>
public sealed record OneTimeLink(Guid Id, byte[] SecretHash)
{
    private const int IdSize = 16;
    private const int SecretSize = 32;
    private const int TextLength = 64;

    /// <summary>A new id and secret, as the text that stands in the link.</summary>
    internal static (string Text, OneTimeLink Link) Create(Guid id)
    {
        var bytes = new byte[IdSize + SecretSize];
        id.TryWriteBytes(bytes);
        RandomNumberGenerator.Fill(bytes.AsSpan(IdSize));
        return (Base64Url.EncodeToString(bytes), Of(bytes));
    }

    /// <summary>Null: it is no such link.</summary>
    public static OneTimeLink? Parse(string? text)
    {
        Span<byte> bytes = stackalloc byte[IdSize + SecretSize];
        return text is { Length: TextLength }
            && Base64Url.IsValid(text)
            && Base64Url.TryDecodeFromChars(text, bytes, out var written)
            && written == bytes.Length
                ? Of(bytes)
                : null;
    }

    private static OneTimeLink Of(ReadOnlySpan<byte> bytes) =>
        new(new Guid(bytes[..IdSize]), SHA256.HashData(bytes[IdSize..]));
}

/// <summary>How a token stands.</summary>
public enum OneTimeTokenStatus
{
    /// <summary>It can be used.</summary>
    Alive,

    /// <summary>It was used.</summary>
    Used,

    /// <summary>Its time is over.</summary>
    Expired,

    /// <summary>The account has changed since, or too many wrong codes were tried.</summary>
    Void,
}

/// <summary>A token that exists.</summary>
public sealed record OneTimeToken
{
    /// <summary>The row.</summary>
    public required Guid Id { get; init; }

    /// <summary>Whose.</summary>
    public required Guid UserId { get; init; }

    /// <summary>How it stands.</summary>
    public required OneTimeTokenStatus Status { get; init; }

    /// <summary>What the purpose needs, as JSON.</summary>
    public string? Content { get; init; }

    /// <summary>See <see cref="NewOneTimeToken.BrowserHash"/>.</summary>
    public byte[]? BrowserHash { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>What became of a code.</summary>
public enum OneTimeCodeVerdict
{
    /// <summary>It was right, and is used up.</summary>
    Right,

    /// <summary>It was wrong, and there are tries left.</summary>
    Wrong,

    /// <summary>There is nothing that could be tried any more: used, expired, void, of another browser, or unknown. A new code is needed.</summary>
    Over,
}

/// <summary>What became of a code, with the token if the code was right.</summary>
public readonly record struct OneTimeCodeAnswer(OneTimeCodeVerdict Verdict, OneTimeToken? Token = null);

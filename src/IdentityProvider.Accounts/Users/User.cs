using Microsoft.AspNetCore.Identity;

namespace IdentityProvider.Accounts.Users;

/// <summary>A person. The subject of tokens is the id, a UUID.</summary>
public sealed class User : IdentityUser<Guid>
{
    /// <summary>Raised when everything that was granted before must be dead: sessions and grants carry the epoch of their authentication.</summary>
    public long Epoch { get; set; }

    /// <summary>When the account was made.</summary>
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>When the profile last changed: the <c>updated_at</c> claim, unless one is stored.</summary>
    public DateTimeOffset UpdatedAt { get; set; }

    /// <summary>Since when the account is disabled; null: it is not.</summary>
    public DateTimeOffset? DisabledAt { get; set; }

    /// <summary>Why, for operators.</summary>
    public string? DisabledReason { get; set; }

    /// <summary>The language of mails, such as <c>de</c>; null: English.</summary>
    public string? Culture { get; set; }

    /// <summary>The password is shorter than one that is the only factor may be (NIST SP 800-63B-4 §3.1.1.2).</summary>
    public bool HasShortPassword { get; set; }

    /// <summary>Why the next sign-in leads to a new password, such as <c>breached</c>; null: it does not.</summary>
    public string? PasswordChangeReason { get; set; }

    /// <summary>The next sign-in leads to setting up a second factor.</summary>
    public bool MustEnrolSecondFactor { get; set; }

    /// <summary>When the account is deleted, because the person has asked for it; null: it is not.</summary>
    public DateTimeOffset? DeleteAfter { get; set; }
}

/// <summary>A claim of a person, with its type, so that numbers, booleans and objects come out as they went in.</summary>
public sealed class UserClaim : IdentityUserClaim<Guid>
{
    /// <summary>A <see cref="System.Security.Claims.ClaimValueTypes"/> URI, or <c>JSON</c>; null: a string.</summary>
    public string? ClaimValueType { get; set; }

    /// <inheritdoc />
    public override System.Security.Claims.Claim ToClaim() =>
        new(ClaimType!, ClaimValue!, ClaimValueType ?? System.Security.Claims.ClaimValueTypes.String);

    /// <inheritdoc />
    public override void InitializeFromClaim(System.Security.Claims.Claim? claim)
    {
        base.InitializeFromClaim(claim!);
        ClaimValueType = claim?.ValueType == System.Security.Claims.ClaimValueTypes.String ? null : claim?.ValueType;
    }
}

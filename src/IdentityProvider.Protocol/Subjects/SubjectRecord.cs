namespace IdentityProvider.Protocol.Subjects;

/// <summary>One claim as stored. <paramref name="ValueType"/> is a <see cref="System.Security.Claims.ClaimValueTypes"/> URI or <c>JSON</c>; null means string.</summary>
public sealed record SubjectClaim(string Type, string Value, string? ValueType);

/// <summary>What the store knows of a person at the moment of a decision: the source of claims.</summary>
public sealed record SubjectRecord
{
    /// <summary>The <c>sub</c> value: the user's UUID in lower case.</summary>
    public required string Subject { get; init; }

    /// <summary>Default of <c>preferred_username</c>.</summary>
    public required string Username { get; init; }

    /// <summary>The <c>email</c> claim.</summary>
    public string? Email { get; init; }

    /// <summary>The <c>email_verified</c> claim.</summary>
    public bool EmailVerified { get; init; }

    /// <summary>The <c>phone_number</c> claim.</summary>
    public string? PhoneNumber { get; init; }

    /// <summary>The <c>phone_number_verified</c> claim.</summary>
    public bool PhoneNumberVerified { get; init; }

    /// <summary>Role names: the <c>role</c> claim.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [];

    /// <summary>All other claims.</summary>
    public IReadOnlyList<SubjectClaim> Claims { get; init; } = [];
}

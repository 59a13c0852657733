using IdentityProvider.Accounts.Events;

namespace IdentityProvider.Accounts.Profiles;

/// <summary>What is known of a person, apart from how they sign in.</summary>
public sealed record PersonProfile
{
    /// <summary>The user name.</summary>
    public required string Username { get; init; }

    /// <summary>The e-mail address.</summary>
    public string? Email { get; init; }

    /// <summary>Whether the address is confirmed.</summary>
    public bool EmailConfirmed { get; init; }

    /// <summary>The phone number.</summary>
    public string? PhoneNumber { get; init; }

    /// <summary>Whether the number is confirmed.</summary>
    public bool PhoneNumberConfirmed { get; init; }

    /// <summary>The language of mails.</summary>
    public string? Culture { get; init; }

    /// <summary>When the account was made.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the profile last changed.</summary>
    public DateTimeOffset UpdatedAt { get; init; }

    /// <summary>When the account is deleted; null: it is not.</summary>
    public DateTimeOffset? DeleteAfter { get; init; }

    /// <summary>Every stored claim, in the order in which they were stored.</summary>
    public IReadOnlyList<PersonClaim> Claims { get; init; } = [];

    /// <summary>The roles.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [];

    /// <summary>The value of a claim; null: there is none.</summary>
    public string? Find(string type) => Claims.FirstOrDefault(claim => claim.Type == type)?.Value;
}

/// <summary>A stored claim of a person.</summary>
/// <param name="Type">Its type.</param>
/// <param name="Value">Its value, as text.</param>
/// <param name="ValueType">What the text stands for; null: a string.</param>
public sealed record PersonClaim(string Type, string Value, string? ValueType = null);

/// <summary>A profile as the person wants it.</summary>
public sealed record ProfileChange
{
    /// <summary>The person.</summary>
    public required Guid UserId { get; init; }

    /// <summary>The wanted value of each field; null or missing: none. Fields are those of <see cref="ProfileFields"/>.</summary>
    public required IReadOnlyDictionary<string, string?> Values { get; init; }

    /// <summary>Written with the change.</summary>
    public required ChangeNotice Notice { get; init; }
}

/// <summary>Profiles.</summary>
public interface IProfileStore
{
    /// <summary>The profile; null: no such person.</summary>
    Task<PersonProfile?> ReadAsync(Guid userId, CancellationToken cancellationToken);

    /// <summary>
    /// Writes what differs, with the time of the change and the event about it, in one transaction. Claims that are no fields of the profile
    /// stay as they are. False when the person is gone or disabled, or nothing differs: then nothing is written.
    /// </summary>
    Task<bool> SaveAsync(ProfileChange change);
}

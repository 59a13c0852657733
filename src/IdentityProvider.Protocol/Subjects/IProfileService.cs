using IdentityProvider.Protocol.Clients;

namespace IdentityProvider.Protocol.Subjects;

/// <summary>Which document the claims go into.</summary>
public enum ProfileCaller
{
    /// <summary>An ID token.</summary>
    IdToken,

    /// <summary>An access token.</summary>
    AccessToken,

    /// <summary>A userinfo response.</summary>
    UserInfo,
}

/// <summary>The claims that are about to be issued.</summary>
public sealed class ProfileContext
{
    /// <summary>Where the claims go.</summary>
    public required ProfileCaller Caller { get; init; }

    /// <summary>The person, as stored.</summary>
    public required SubjectRecord Subject { get; init; }

    /// <summary>For whom.</summary>
    public required Client Client { get; init; }

    /// <summary>The granted scopes.</summary>
    public required IReadOnlyList<string> Scopes { get; init; }

    /// <summary>
    /// The claims to issue, by name; add, replace or remove. Values: string, bool, long, double, DateTimeOffset,
    /// <see cref="System.Text.Json.JsonElement"/>, or a list of strings.
    /// Protocol claims such as <c>iss</c>, <c>sub</c> and <c>exp</c> are not here and cannot be overridden.
    /// </summary>
    public required IDictionary<string, object> Claims { get; init; }
}

/// <summary>A host's hook into the claims of a subject. Several may be registered; they run in the order of registration.</summary>
public interface IProfileService
{
    /// <summary>Changes <see cref="ProfileContext.Claims"/>. Called after the grant has been decided, so it must not fail lightly.</summary>
    ValueTask AddClaimsAsync(ProfileContext context, CancellationToken cancellationToken);
}

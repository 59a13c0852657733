using System.Text.Json.Serialization;
using IdentityProvider.Protocol.Interactions;

namespace IdentityProvider.Protocol.Upstream;

/// <summary>What is asked of a provider.</summary>
public sealed record UpstreamWish
{
    /// <summary>A new value, by which the answer is found again.</summary>
    public required string State { get; init; }

    /// <summary>The request that waits here: what its client wants of a sign-in is handed on.</summary>
    public PendingAuthorization? Pending { get; init; }

    /// <summary>The person has to prove themselves now, whatever session they have there.</summary>
    public bool Fresh { get; init; }

    /// <summary>Which account it probably is.</summary>
    public string? LoginHint { get; init; }
}

/// <summary>A request to a provider: the address for the browser, and what is kept until the answer comes.</summary>
public sealed record UpstreamRequest
{
    /// <summary>Where the browser goes.</summary>
    [JsonIgnore]
    public string Url { get; init; } = "";

    /// <summary>Comes back in the ID token.</summary>
    public required string Nonce { get; init; }

    /// <summary>RFC 7636.</summary>
    public required string Verifier { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset MadeAt { get; init; }

    /// <summary>A sign-in from before it does not do.</summary>
    public bool Fresh { get; init; }

    /// <summary>How old the sign-in may be.</summary>
    public TimeSpan? MaxAge { get; init; }
}

/// <summary>Somebody whom a provider has vouched for.</summary>
public sealed record UpstreamIdentity
{
    /// <summary>The provider.</summary>
    public required UpstreamProvider Provider { get; init; }

    /// <summary>Its issuer identifier.</summary>
    public required string Issuer { get; init; }

    /// <summary>The account there. With the issuer it is the account's only name that never becomes somebody else's.</summary>
    public required string Subject { get; init; }

    /// <summary>The person's full name.</summary>
    public string? Name { get; init; }

    /// <summary>The given name.</summary>
    public string? GivenName { get; init; }

    /// <summary>The family name.</summary>
    public string? FamilyName { get; init; }

    /// <summary>What the person is called there; anybody may have been called so before.</summary>
    public string? Username { get; init; }

    /// <summary>The e-mail address, as they say it.</summary>
    public string? Email { get; init; }

    /// <summary>They say that it is verified, and are trusted to know.</summary>
    public bool EmailIsTrusted { get; init; }

    /// <summary>How long ago the person signed in there, as far as it is known and matters.</summary>
    public TimeSpan Age { get; init; }

    /// <summary>The authentication context class that they are trusted to have reached; null: one factor.</summary>
    public string? Acr { get; init; }

    /// <summary>The methods that they name, where the class is trusted.</summary>
    public IReadOnlyList<string> Amr { get; init; } = [];
}

/// <summary>Why a sign-in at a provider came to nothing.</summary>
public enum UpstreamProblem
{
    /// <summary>The person did not want to, there.</summary>
    Cancelled,

    /// <summary>The provider does not answer, or says that it cannot.</summary>
    Unavailable,

    /// <summary>What it says does not hold, or it refused.</summary>
    Refused,

    /// <summary>The person had to sign in anew, and the provider let them pass by an older sign-in.</summary>
    NotFresh,
}

/// <summary>What came of it: an identity or a problem.</summary>
/// <param name="Identity">Who it is.</param>
/// <param name="Problem">Why it is nobody.</param>
public readonly record struct UpstreamAnswer(UpstreamIdentity? Identity, UpstreamProblem? Problem);

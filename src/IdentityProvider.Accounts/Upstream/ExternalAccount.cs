namespace IdentityProvider.Accounts.Upstream;

/// <summary>An account at another provider, whose owner has just proved there who they are.</summary>
public sealed record ExternalAccount
{
    /// <summary>The provider's issuer identifier.</summary>
    public required string Issuer { get; init; }

    /// <summary>The account there. With the issuer it is the only thing by which it is recognised.</summary>
    public required string Subject { get; init; }

    /// <summary>What the person is called there.</summary>
    public string? Username { get; init; }

    /// <summary>The full name.</summary>
    public string? Name { get; init; }

    /// <summary>The given name.</summary>
    public string? GivenName { get; init; }

    /// <summary>The family name.</summary>
    public string? FamilyName { get; init; }

    /// <summary>The e-mail address, as the provider says it.</summary>
    public string? Email { get; init; }

    /// <summary>The provider has verified the address, and is trusted to have done so.</summary>
    public bool EmailIsVerified { get; init; }

    /// <summary>Who is unknown here gets an account.</summary>
    public bool MayRegister { get; init; }

    /// <summary>How long ago the person signed in there.</summary>
    public TimeSpan Age { get; init; }

    /// <summary>The class that the provider is trusted to have reached; null: one factor.</summary>
    public string? Acr { get; init; }

    /// <summary>The methods there, where the class is trusted.</summary>
    public IReadOnlyList<string> Amr { get; init; } = [];

    /// <summary>By what the person recognises it in a list.</summary>
    internal string? Label => Email ?? Username ?? Name;
}

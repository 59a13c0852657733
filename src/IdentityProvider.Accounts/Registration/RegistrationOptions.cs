using System.ComponentModel.DataAnnotations;

namespace IdentityProvider.Accounts.Registration;

/// <summary>Section <c>Registration</c>: whether people make accounts themselves.</summary>
public sealed record RegistrationOptions
{
    /// <summary>True. False where accounts come from elsewhere: then there is no page and no link to it.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>20 accounts in an hour from one network: a class registers together, a flood does not.</summary>
    [Range(1, 100_000)]
    public int PerNetwork { get; set; } = 20;
}

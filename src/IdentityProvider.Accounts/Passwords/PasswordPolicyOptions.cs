using System.ComponentModel.DataAnnotations;

namespace IdentityProvider.Accounts.Passwords;

/// <summary>
/// Section <c>Passwords</c>: which passwords people may choose (NIST SP 800-63B-4 §3.1.1.2). There are no rules of composition, and no
/// password expires. Lengths are counted in characters of Unicode, after normalisation.
/// </summary>
public sealed record PasswordPolicyOptions : IValidatableObject
{
    /// <summary>15, as the standard demands of a password that is the only factor. An installation that moves here with shorter ones may go down to 8.</summary>
    [Range(8, 64)]
    public int MinLengthSingleFactor { get; set; } = 15;

    /// <summary>8, as the standard demands of a password beside a second factor.</summary>
    [Range(8, 64)]
    public int MinLengthWithSecondFactor { get; set; } = 8;

    /// <summary>256: longer than any sentence that somebody types, and short enough to be hashed.</summary>
    [Range(128, 1024)]
    public int MaxLength { get; set; } = 256;

    /// <summary>
    /// True outside Development: new passwords, and those at sign-in, are looked up in the list of leaked passwords of Have I Been Pwned. The
    /// service learns five digits of a hash, of which there are a million. False, or no answer in time: the bundled list alone decides.
    /// </summary>
    public bool CheckBreachesOnline { get; set; } = true;

    /// <summary>The range API of Have I Been Pwned, or a mirror of it.</summary>
    [Required]
    public Uri BreachRangeUrl { get; set; } = new("https://api.pwnedpasswords.com/range/");

    /// <summary>1 s: nobody waits longer for it.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:00:05")]
    public TimeSpan BreachTimeLimit { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Names that a password must not consist of, beside the brand's: products, the company. Case does not matter.</summary>
    public IReadOnlyList<string> ContextWords { get; set; } = [];

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (MinLengthWithSecondFactor > MinLengthSingleFactor)
        {
            yield return new ValidationResult("A password with a second factor need not be longer than one without.", [nameof(MinLengthWithSecondFactor)]);
        }

        if (!BreachRangeUrl.IsAbsoluteUri)
        {
            yield return new ValidationResult("This must be an absolute URL.", [nameof(BreachRangeUrl)]);
        }
    }
}

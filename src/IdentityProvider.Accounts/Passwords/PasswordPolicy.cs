using Microsoft.Extensions.Options;

namespace IdentityProvider.Accounts.Passwords;

/// <summary>Why a password is refused. People are told which.</summary>
public enum PasswordProblem
{
    /// <summary>Shorter than it has to be.</summary>
    TooShort,

    /// <summary>Longer than it may be.</summary>
    TooLong,

    /// <summary>It has leaked, or is one of the most common ones.</summary>
    Breached,

    /// <summary>It consists of a name that others know: the person's, the address's, the product's.</summary>
    ContextWord,

    /// <summary>It repeats a few characters.</summary>
    Repetitive,

    /// <summary>It has characters that cannot be typed again, such as a line break.</summary>
    Unusable,
}

/// <summary>A refused password.</summary>
/// <param name="Problem">Why.</param>
/// <param name="Limit">The length that it misses, where that is the problem.</param>
public sealed record PasswordRefusal(PasswordProblem Problem, int Limit = 0);

/// <summary>Whose password it is to be.</summary>
/// <param name="Username">The user name.</param>
/// <param name="Email">The address.</param>
/// <param name="SecondFactor">A second factor is asked for at each sign-in with this password.</param>
public sealed record PasswordOwner(string? Username, string? Email, bool SecondFactor = false);

/// <summary>The name of the product, which passwords must not consist of.</summary>
/// <param name="Name">As people see it.</param>
public sealed record ProductName(string Name);

/// <summary>Which passwords people may choose.</summary>
public sealed class PasswordPolicy
{
    private const int ShortestContextWord = 4;
    private const int FewestDifferentCharacters = 5;

    private readonly PasswordPolicyOptions _options;
    private readonly BreachedPasswords _breached;
    private readonly string[] _words;

    internal PasswordPolicy(IOptions<PasswordPolicyOptions> options, BreachedPasswords breached, ProductName product)
    {
        _options = options.Value;
        _breached = breached;
        _words = [product.Name, .. _options.ContextWords];
    }

    /// <summary>The fewest characters that a password of this person must have.</summary>
    public int MinLength(bool secondFactor) => secondFactor ? _options.MinLengthWithSecondFactor : _options.MinLengthSingleFactor;

    /// <summary>Null: the password may be used.</summary>
    public async Task<PasswordRefusal?> CheckAsync(string password, PasswordOwner owner, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(password);
        ArgumentNullException.ThrowIfNull(owner);
        var length = Length(password);
        var least = MinLength(owner.SecondFactor);
        return password switch
        {
            _ when length < least => new PasswordRefusal(PasswordProblem.TooShort, least),
            _ when length > _options.MaxLength => new PasswordRefusal(PasswordProblem.TooLong, _options.MaxLength),
            _ when password.Any(char.IsControl) => new PasswordRefusal(PasswordProblem.Unusable),
            _ when password.EnumerateRunes().Distinct().Count() < FewestDifferentCharacters => new PasswordRefusal(PasswordProblem.Repetitive),
            _ when ConsistsOfContext(password, owner) => new PasswordRefusal(PasswordProblem.ContextWord),
            _ when await _breached.ContainsAsync(password, cancellationToken) => new PasswordRefusal(PasswordProblem.Breached),
            _ => null,
        };
    }

    /// <summary>Whether it is only good beside a second factor: <see cref="Users.User.HasShortPassword"/>.</summary>
    public bool IsShort(string password) => Length(password) < _options.MinLengthSingleFactor;

    private static int Length(string password) => NormalText.Of(password).EnumerateRunes().Count();

    /// <summary>Without the names in it, it would be shorter than any password may be. A long one may well contain a name.</summary>
    private bool ConsistsOfContext(string password, PasswordOwner owner)
    {
        var rest = password;
        string?[] words = [owner.Email, owner.Username, owner.Email?.Split('@')[0], .. _words];
        foreach (var word in words.Where(word => word is { Length: >= ShortestContextWord }).OrderByDescending(word => word!.Length))
        {
            rest = rest.Replace(word!, "", StringComparison.OrdinalIgnoreCase);
        }

        return rest.Length < password.Length && Length(rest) < _options.MinLengthWithSecondFactor;
    }
}

using System.Diagnostics.CodeAnalysis;

namespace IdentityProvider.Protocol.Errors;

/// <summary>
/// Either a value or the error that the protocol prescribes. Errors of a request are values;
/// exceptions are kept for bugs and outages.
/// </summary>
/// <typeparam name="T">What success yields.</typeparam>
public readonly struct Result<T>
    where T : notnull
{
    private readonly T? _value;
    private readonly OAuthError? _error;

    private Result(T? value, OAuthError? error)
    {
        _value = value;
        _error = error;
    }

    /// <summary>Success.</summary>
    public static implicit operator Result<T>(T value) => new(value, null);

    /// <summary>Failure.</summary>
    public static implicit operator Result<T>(OAuthError error) => new(default, error);

    /// <summary>Tells which of the two it is, and hands it over.</summary>
    public bool Succeeded([NotNullWhen(true)] out T? value, [NotNullWhen(false)] out OAuthError? error)
    {
        value = _value;
        error = _error;
        return _error is null;
    }
}

namespace IdentityProvider.Protocol.Endpoints.Authorization;

/// <summary>The authentication context classes of this server (OpenID Connect Core §2, <c>acr</c>), from weak to strong.</summary>
internal static class AuthenticationContexts
{
    /// <summary>What people can reach here; each includes those before it.</summary>
    public static IReadOnlyList<string> Supported { get; } = ["1", "2", "phr"];

    /// <summary>An e-mail code, which proves less than a factor: no step makes a factor of it, another sign-in does.</summary>
    public const string Weakest = "0";

    /// <summary>Whether one of the wanted classes is reached. A class that we do not know never is.</summary>
    public static bool AnyReached(IReadOnlyList<string> wanted, string achieved) => wanted.Any(acr => Reaches(achieved, acr));

    /// <summary>
    /// What a token says: the achieved class, unless the client asked for weaker ones only, and then the first of these. A client that asks
    /// for <c>2</c> compares with <c>2</c>, and a passkey is that too.
    /// </summary>
    public static string Answer(IReadOnlyList<string> wanted, string achieved) =>
        wanted.Contains(achieved) ? achieved : wanted.FirstOrDefault(acr => Reaches(achieved, acr)) ?? achieved;

    private static bool Reaches(string achieved, string acr) => Rank(acr) is { } wanted && Rank(achieved) >= wanted;

    private static int? Rank(string acr) => acr switch
    {
        Weakest => 0,
        "1" => 1,
        "2" => 2,
        "phr" => 3,
        _ => null,
    };
}

using System.Security.Cryptography;

namespace IdentityProvider.Storage.Users;

/// <summary>
/// The stamps of ASP.NET Core Identity, which every change of a person renews. The security stamp voids the tokens that were sent by mail;
/// the concurrency stamp refuses an update by somebody who has read the person before, and would write the old epoch, lock and password back.
/// </summary>
internal readonly record struct Stamps(string Security, string Concurrency)
{
    private const int Size = 20;

    public static Stamps New() => new(Random(), Random());

    private static string Random() => Convert.ToHexString(RandomNumberGenerator.GetBytes(Size));
}

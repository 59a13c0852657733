using IdentityProvider.Accounts.Users;
using IdentityProvider.Hosting.Configuration;
using Microsoft.AspNetCore.Identity;

namespace IdentityProvider.Hosting.CommandLine;

/// <summary>Finds the person that an operator means.</summary>
internal static class PersonLookup
{
    /// <exception cref="ConfigurationException">There is none.</exception>
    public static async Task<User> GetAsync(this UserManager<User> users, string nameOrSubject) =>
        await users.FindByNameAsync(nameOrSubject)
        ?? (Guid.TryParse(nameOrSubject, out var subject) ? await users.FindByIdAsync(subject.ToString()) : null)
        ?? throw Unknown(nameOrSubject);

    public static ConfigurationException Unknown(string nameOrSubject) =>
        new($"There is no user with the name or subject '{nameOrSubject}'. `idp users list` shows them.");
}

using System.Net;
using IdentityProvider.Testing;
using Xunit;

namespace IdentityProvider.Storage.Tests.SystemTests;

internal static class SignIn
{
    /// <summary>Signs in on the page of whichever instance the browser leads to.</summary>
    public static async Task AtAsync(HttpClient browser, string page = "/account/login")
    {
        using var response = await browser.PostFormAsync(page, new() { ["username"] = "alice", ["password"] = "alice" });
        Assert.Equal(HttpStatusCode.SeeOther, response.StatusCode);
    }
}

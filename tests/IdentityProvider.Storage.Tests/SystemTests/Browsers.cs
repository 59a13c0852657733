using System.Net;
using IdentityProvider.Testing;
using Xunit;

namespace IdentityProvider.Storage.Tests.SystemTests;

internal static class Browsers
{
    /// <summary>Cookies do not tell ports apart, so instances on several ports of one machine share them, as behind a load balancer.</summary>
    public static HttpClient New(string address, CookieContainer cookies) =>
        new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, CookieContainer = cookies }) { BaseAddress = new Uri(address) };

    /// <summary>The same browser, as it meets another instance: cookies do not tell ports apart.</summary>
    public static HttpClient New(Uri address, CookieContainer cookies) => New(address.OriginalString, cookies);

    /// <summary>Signs in on the page of whichever instance the browser leads to.</summary>
    public static async Task SignInAsync(this HttpClient browser, string page = "/account/login")
    {
        using var response = await browser.PostFormAsync(page, new() { ["username"] = "alice", ["password"] = "alice" });
        Assert.Equal(HttpStatusCode.SeeOther, response.StatusCode);
    }
}

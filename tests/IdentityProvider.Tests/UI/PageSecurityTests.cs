using IdentityProvider.UI.Security;
using Xunit;

namespace IdentityProvider.Tests.UI;

public sealed class PageSecurityTests
{
    [Fact]
    public void A_page_may_load_from_this_server_only()
    {
        var policy = new PageSecurity().ContentSecurityPolicy();

        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.Contains("form-action 'self';", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("http", policy, StringComparison.Ordinal);
    }

    [Fact]
    public void The_policy_names_the_redirect_target() =>
        Assert.Contains(
            "form-action 'self' https://app.example;",
            new PageSecurity { FormActionSource = "https://app.example" }.ContentSecurityPolicy(),
            StringComparison.Ordinal);

    [Theory]
    [InlineData("https://cdn.example/logo.png?x=;script-src *", "img-src 'self' data: https://cdn.example;")]
    [InlineData("https://cdn.example:8443/logo.png", "img-src 'self' data: https://cdn.example:8443;")]
    [InlineData("https://bücher.example/logo.png", "img-src 'self' data: https://xn--bcher-kva.example;")]
    [InlineData("/logo.png", "img-src 'self' data:;")]
    [InlineData("javascript:alert(1)", "img-src 'self' data:;")]
    public void The_policy_names_no_more_of_an_image_than_its_origin(string url, string expected) =>
        Assert.Contains(expected, new PageSecurity { ImageUrl = url }.ContentSecurityPolicy(), StringComparison.Ordinal);
}

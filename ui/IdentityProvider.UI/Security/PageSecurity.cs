using Microsoft.AspNetCore.Http;

namespace IdentityProvider.UI.Security;

/// <summary>What a page needs beyond the strict default of its response headers.</summary>
internal sealed class PageSecurity
{
    /// <summary>The further target of the page's forms: browsers hold <c>form-action</c> against the redirects that follow a form as well.</summary>
    public string? FormActionSource { get; set; }

    /// <summary>An image of another origin that the page shows; its origin goes into <c>img-src</c>.</summary>
    public string? ImageUrl { get; set; }

    /// <summary>More of them.</summary>
    public IReadOnlyList<string> ImageUrls { get; set; } = [];

    /// <summary>Origins of pages that this one opens in frames; none: no frames.</summary>
    public IReadOnlyList<string> FrameSources { get; set; } = [];

    /// <summary>The page has something in its address, or a form leads to one, that no other site may learn.</summary>
    public bool NoReferrer { get; set; }

    /// <summary>The policy of this request's page.</summary>
    public static PageSecurity For(HttpContext context)
    {
        if (context.Features.Get<PageSecurity>() is not { } policy)
        {
            context.Features.Set(policy = new PageSecurity());
        }

        return policy;
    }

    internal string ContentSecurityPolicy()
    {
        var image = string.Concat(ImageUrls.Prepend(ImageUrl).Select(ImageSource).Distinct(StringComparer.Ordinal));
        var form = FormActionSource is null ? "" : $" {FormActionSource}";
        var frames = FrameSources.Count == 0 ? "" : $"frame-src {string.Join(' ', FrameSources)}; ";
        return $"default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:{image}; {frames}"
            + $"form-action 'self'{form}; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'";
    }

    private static string ImageSource(string? image) => Uri.TryCreate(image, UriKind.Absolute, out var url) && url.Scheme is "https" or "http"
        ? $" {url.Scheme}://{url.IdnHost}{(url.IsDefaultPort ? "" : $":{url.Port}")}"
        : "";
}

using System.Buffers.Text;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using IdentityProvider.UI.Branding;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace IdentityProvider.UI.Assets;

/// <summary>
/// The style sheet, the script and the mark. They are embedded, so that every host serves them the same way, and their addresses
/// carry a hash of their content, so that a browser may keep them for ever.
/// </summary>
internal sealed class PageAssets
{
    public const string StyleSheet = "site.css";
    public const string Script = "site.js";
    public const string Mark = "mark.svg";

    private readonly Dictionary<string, Asset> _assets;

    public PageAssets(IOptions<BrandingOptions> branding)
    {
        var accent = Srgb.Parse(branding.Value.AccentColor);
        var (light, dark) = (AccentPalette.Light(accent), AccentPalette.Dark(accent));
        var themes = $":root{{{light.ToCss()}}}@media (prefers-color-scheme:dark){{:root{{{dark.ToCss()}}}}}";
        var mark = Embedded(Mark)
            .Replace("{accent}", light.Fill.ToString(), StringComparison.Ordinal)
            .Replace("{on-accent}", light.OnFill.ToString(), StringComparison.Ordinal);

        _assets = new Dictionary<string, Asset>(StringComparer.Ordinal)
        {
            [StyleSheet] = Asset.Create("text/css; charset=utf-8", Embedded(StyleSheet) + themes),
            [Script] = Asset.Create("text/javascript; charset=utf-8", Embedded(Script)),
            [Mark] = Asset.Create("image/svg+xml", mark),
        };
    }

    public string Url(HttpContext context, string name) => $"{context.Request.PathBase}/assets/{_assets[name].Hash}/{name}";

    /// <summary>
    /// An address with another hash comes from a page of another version, during a rolling update: it gets the present content,
    /// but must not keep it.
    /// </summary>
    public async Task ServeAsync(HttpContext context, string hash, string name)
    {
        if (!_assets.TryGetValue(name, out var asset))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        var headers = context.Response.Headers;
        headers.CacheControl = hash == asset.Hash ? "public, max-age=31536000, immutable" : "no-cache";
        headers.XContentTypeOptions = "nosniff";
        headers.Vary = "Accept-Encoding";
        context.Response.ContentType = asset.ContentType;

        var compressed = context.Request.Headers.AcceptEncoding.ToString().Contains("br", StringComparison.Ordinal);
        if (compressed)
        {
            headers.ContentEncoding = "br";
        }

        var body = compressed ? asset.Brotli : asset.Plain;
        context.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(body, context.RequestAborted);
        }
    }

    private static string Embedded(string name)
    {
        using var reader = new StreamReader(typeof(PageAssets).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }

    private sealed record Asset(string ContentType, string Hash, byte[] Plain, byte[] Brotli)
    {
        public static Asset Create(string contentType, string content)
        {
            var plain = Encoding.UTF8.GetBytes(content);
            var hash = Base64Url.EncodeToString(SHA256.HashData(plain).AsSpan(0, 9));
            using var compressed = new MemoryStream();
            using (var brotli = new BrotliStream(compressed, CompressionLevel.SmallestSize))
            {
                brotli.Write(plain);
            }

            return new Asset(contentType, hash, plain, compressed.ToArray());
        }
    }
}

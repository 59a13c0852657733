using System.Buffers.Text;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using IdentityProvider.UI.Branding;
using Microsoft.AspNetCore.Http;

namespace IdentityProvider.UI.Assets;

/// <summary>
/// The style sheets, the script, marks and logos. Ours are embedded, so that every host serves them the same way; those of brands are read
/// at the start. Addresses carry a hash of the content, so that a browser may keep it for ever.
/// </summary>
internal sealed class PageAssets
{
    public const string StyleSheet = "site.css";
    public const string Script = "site.js";
    public const string Mark = "mark.svg";

    private const string Svg = "image/svg+xml";

    private readonly Dictionary<string, Asset> _assets;

    public PageAssets(Brands brands)
    {
        _assets = new Dictionary<string, Asset>(StringComparer.Ordinal)
        {
            [Script] = Asset.Create("text/javascript; charset=utf-8", Embedded(Script)),
        };
        foreach (var brand in brands.All)
        {
            Add(brand);
        }
    }

    /// <summary>The style sheet that a client's page loads after the one of all pages; null: none.</summary>
    public static string? StyleSheetOf(Brand brand) => brand.Key.Length == 0 ? null : brand.AssetName(StyleSheet);

    /// <summary>The logo of the light or the dark theme as an asset; null: there is no such file.</summary>
    public static string? LogoOf(Brand brand, bool dark = false) =>
        (dark ? brand.DarkLogoFile : brand.LogoFile) is { } file ? brand.AssetName((dark ? "logo-dark" : "logo") + Path.GetExtension(file).ToLowerInvariant()) : null;

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

        // A drawing that is opened by itself is a document, and may have scripts in it.
        headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
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

    private void Add(Brand brand)
    {
        var palette = AccentPalette.Light(brand.Accent);
        var mark = Embedded(Mark)
            .Replace("{accent}", palette.Fill.ToString(), StringComparison.Ordinal)
            .Replace("{on-accent}", palette.OnFill.ToString(), StringComparison.Ordinal);
        _assets[brand.AssetName(Mark)] = Asset.Create(Svg, mark);
        _assets[brand.AssetName(StyleSheet)] = Asset.Create("text/css; charset=utf-8", (brand.Key.Length == 0 ? Embedded(StyleSheet) : "") + brand.ToCss());
        AddLogo(LogoOf(brand), brand.LogoFile);
        AddLogo(LogoOf(brand, dark: true), brand.DarkLogoFile);
    }

    private void AddLogo(string? name, string? file)
    {
        if (name is not null)
        {
            var contentType = Path.GetExtension(name) switch
            {
                ".svg" => Svg,
                ".png" => "image/png",
                ".webp" => "image/webp",
                _ => "image/jpeg",
            };
            _assets[name] = Asset.Create(contentType, File.ReadAllBytes(file!));
        }
    }

    private static string Embedded(string name)
    {
        using var reader = new StreamReader(typeof(PageAssets).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }

    private sealed record Asset(string ContentType, string Hash, byte[] Plain, byte[] Brotli)
    {
        public static Asset Create(string contentType, string content) => Create(contentType, Encoding.UTF8.GetBytes(content));

        public static Asset Create(string contentType, byte[] plain)
        {
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

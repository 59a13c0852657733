using System.Collections;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Html;
using Microsoft.AspNetCore.Mvc.Rendering;
using QRCoder;

namespace IdentityProvider.UI.Pages.Account.Security;

/// <summary>A QR code as an image in the page: nothing of it is fetched, so the secret in it is in no address and no log.</summary>
internal static class QrCode
{
    /// <summary>Dark on light in either theme, since many cameras read nothing else. The quiet zone is part of the matrix.</summary>
    public static IHtmlContent Svg(string text, string label)
    {
        using var code = QRCodeGenerator.GenerateQrCode(text, QRCodeGenerator.ECCLevel.L);
        var rows = code.ModuleMatrix;
        var path = new StringBuilder();
        for (var y = 0; y < rows.Count; y++)
        {
            AppendRow(path, rows[y], y);
        }

        var size = rows.Count.ToString(CultureInfo.InvariantCulture);
        var svg = new TagBuilder("svg");
        svg.MergeAttribute("viewBox", $"0 0 {size} {size}");
        svg.MergeAttribute("role", "img");
        svg.MergeAttribute("aria-label", label);
        svg.MergeAttribute("shape-rendering", "crispEdges");
        svg.InnerHtml.AppendHtml(Shape("rect", ("width", size), ("height", size), ("fill", "#fff")));
        svg.InnerHtml.AppendHtml(Shape("path", ("d", path.ToString()), ("stroke", "#000")));
        return svg;
    }

    /// <summary>A line through the row, drawn where modules are dark and moved along where they are light.</summary>
    private static void AppendRow(StringBuilder path, BitArray row, int y)
    {
        path.Append(CultureInfo.InvariantCulture, $"M0 {y}.5");
        for (var x = 0; x < row.Length;)
        {
            var start = x;
            while (x < row.Length && row[x] == row[start])
            {
                x++;
            }

            path.Append(CultureInfo.InvariantCulture, $"{(row[start] ? "h" : "m")}{x - start}{(row[start] ? "" : " 0")}");
        }
    }

    private static TagBuilder Shape(string name, params ReadOnlySpan<(string Name, string Value)> attributes)
    {
        var shape = new TagBuilder(name);
        foreach (var (attribute, value) in attributes)
        {
            shape.MergeAttribute(attribute, value);
        }

        return shape;
    }
}

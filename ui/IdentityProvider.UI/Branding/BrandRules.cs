using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;

namespace IdentityProvider.UI.Branding;

[AttributeUsage(AttributeTargets.Property)]
internal sealed class LocalPathAttribute() : RegularExpressionAttribute("^/(?![/\\\\]).*$")
{
    public override string FormatErrorMessage(string name) => $"{name} must be a path on this server, such as /logo.svg.";
}

[AttributeUsage(AttributeTargets.Property)]
internal sealed class WebAddressAttribute() : RegularExpressionAttribute("^(https?://|/(?![/\\\\])).*$")
{
    public override string FormatErrorMessage(string name) => $"{name} must be an http(s) URL or a path on this server.";
}

[AttributeUsage(AttributeTargets.Property)]
internal sealed class ColourAttribute() : RegularExpressionAttribute("^#[0-9a-fA-F]{6}$")
{
    public override string FormatErrorMessage(string name) => $"{name} must be a colour such as #2f54d6.";
}

/// <summary>A file that goes into the pages, so it is small, and its name says what it is.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed partial class BrandFileAttribute(params string[] endings) : ValidationAttribute
{
    private const int LargestFile = 100 * 1024;

    protected override ValidationResult? IsValid(object? value, ValidationContext validationContext)
    {
        var problem = value is not string path
            ? null
            : !endings.Contains(Path.GetExtension(path).TrimStart('.'), StringComparer.OrdinalIgnoreCase)
                ? $"'{path}' must end in .{string.Join(", .", endings)}."
                : !File.Exists(path)
                    ? $"There is no file '{path}'."
                    : new FileInfo(path).Length > LargestFile
                        ? $"'{path}' is larger than {LargestFile / 1024} KB; every visitor would load it."
                        : endings.Contains("css") && Imports().IsMatch(File.ReadAllText(path))
                            ? $"'{path}' loads something: the pages load nothing but what the server itself has."
                            : null;
        return problem is null ? null : new ValidationResult(problem, [validationContext.MemberName!]);
    }

    [GeneratedRegex(@"@import|url\(", RegexOptions.IgnoreCase)]
    private static partial Regex Imports();
}

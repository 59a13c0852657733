using Microsoft.AspNetCore.Mvc.Rendering;
using Microsoft.AspNetCore.Mvc.ViewFeatures;
using Microsoft.AspNetCore.Razor.TagHelpers;

namespace IdentityProvider.UI.Pages.Shared;

/// <summary>Puts the focus into the first field that was refused: whoever cannot see the page hears at once what to mend.</summary>
[HtmlTargetElement("input", Attributes = Invalid, TagStructure = TagStructure.WithoutEndTag)]
public sealed class FirstProblemTagHelper : TagHelper
{
    private const string Invalid = "aria-invalid";

    private static readonly object s_found = new();

    /// <summary>The page that is written.</summary>
    [ViewContext]
    [HtmlAttributeNotBound]
    public ViewContext ViewContext { get; set; } = null!;

    /// <inheritdoc />
    public override void Process(TagHelperContext context, TagHelperOutput output)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (output.Attributes.ContainsName(Invalid) && ViewContext.HttpContext.Items.TryAdd(s_found, true))
        {
            output.Attributes.SetAttribute(new TagHelperAttribute("autofocus"));
        }
    }
}

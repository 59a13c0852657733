using IdentityProvider.Protocol.Endpoints;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace IdentityProvider.UI.Localization;

/// <summary>The way to an app in the language of the pages.</summary>
internal sealed class OnwardTexts : IOnwardTexts
{
    public OnwardText For(HttpContext context)
    {
        var texts = context.RequestServices.GetRequiredService<PageTexts>();
        texts.Choose(context.Request);
        return new OnwardText(texts.Language.Code, texts.Language.Culture.TextInfo.IsRightToLeft, texts["Onward.Title"], texts["Onward.ToApp"]);
    }
}

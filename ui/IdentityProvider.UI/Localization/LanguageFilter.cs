using Microsoft.AspNetCore.Mvc.Filters;
using Microsoft.Extensions.DependencyInjection;

namespace IdentityProvider.UI.Localization;

/// <summary>Chooses the language before the page's handler runs, which may then <see cref="PageTexts.Prefer"/> another.</summary>
internal sealed class LanguageFilter : IResourceFilter
{
    public void OnResourceExecuting(ResourceExecutingContext context) =>
        context.HttpContext.RequestServices.GetRequiredService<PageTexts>().Choose(context.HttpContext.Request);

    public void OnResourceExecuted(ResourceExecutedContext context)
    {
    }
}

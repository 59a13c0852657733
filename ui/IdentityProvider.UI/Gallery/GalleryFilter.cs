using IdentityProvider.UI.Localization;
using Microsoft.AspNetCore.Mvc.Filters;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.DependencyInjection;

namespace IdentityProvider.UI.Gallery;

/// <summary>Under <c>/dev/pages</c>, shows the real page with sample data instead of running its handler.</summary>
internal sealed class GalleryFilter : IPageFilter
{
    public void OnPageHandlerSelected(PageHandlerSelectedContext context)
    {
    }

    public void OnPageHandlerExecuting(PageHandlerExecutingContext context)
    {
        var path = context.HttpContext.Request.Path.Value;
        if (GalleryStates.All.FirstOrDefault(state => state.Path.Equals(path, StringComparison.OrdinalIgnoreCase)) is { } state)
        {
            context.HttpContext.RequestServices.GetRequiredService<PageTexts>().Prefer(context.HttpContext.Request.Query["ui_locales"]);
            state.Fill((PageModel)context.HandlerInstance);
            context.Result = new PageResult();
        }
    }

    public void OnPageHandlerExecuted(PageHandlerExecutedContext context)
    {
    }
}

using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdentityProvider.UI.Gallery;

/// <summary>A page in one state, with sample data in place of its handler.</summary>
internal sealed record GalleryState(string Page, string Title, string Path, Action<PageModel> Fill)
{
    public static GalleryState Of<TModel>(string page, string title, string path, Action<TModel> fill)
        where TModel : PageModel =>
        new(page, title, "/dev/pages/" + path, model => fill((TModel)model));
}

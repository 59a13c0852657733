using Microsoft.AspNetCore.Mvc.ApplicationModels;

namespace IdentityProvider.UI.Gallery;

/// <summary>Gives every state of every page an address of its own under <c>/dev/pages</c>.</summary>
internal static class GalleryConventions
{
    public static void AddGallery(this PageConventionCollection conventions)
    {
        foreach (var page in GalleryStates.All.GroupBy(state => state.Page))
        {
            conventions.AddPageRouteModelConvention(page.Key, model =>
            {
                foreach (var state in page)
                {
                    model.Selectors.Add(new SelectorModel
                    {
                        AttributeRouteModel = new AttributeRouteModel { Template = state.Path.TrimStart('/'), SuppressLinkGeneration = true },
                    });
                }
            });
            conventions.AddPageApplicationModelConvention(page.Key, model => model.Filters.Add(new GalleryFilter()));
        }
    }
}

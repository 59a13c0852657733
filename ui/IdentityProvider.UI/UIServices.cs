using System.Reflection;
using IdentityProvider.Accounts.Sessions;
using IdentityProvider.Protocol.Endpoints;
using IdentityProvider.UI.Assets;
using IdentityProvider.UI.Branding;
using IdentityProvider.UI.Gallery;
using IdentityProvider.UI.Localization;
using IdentityProvider.UI.Security;
using IdentityProvider.UI.Upstream;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.ApplicationParts;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace IdentityProvider.UI;

/// <summary>The hosted pages: sign-in, consent, logout, error, start.</summary>
public static class UIServices
{
    private static readonly Assembly Here = typeof(UIServices).Assembly;

    /// <summary>Adds the pages. The host also registers <see cref="StartPageContents"/>, and binds <see cref="BrandingOptions"/>.</summary>
    public static IServiceCollection AddIdentityProviderUI(this IServiceCollection services)
    {
        services.AddOptions<BrandingOptions>().ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<Brands>();
        services.AddSingleton<PageAssets>();
        services.AddScoped<PageTexts>();
        services.AddSingleton<IOnwardTexts, OnwardTexts>();
        services.AddScoped<UpstreamJourney>();

        services.AddRazorPages().ConfigureApplicationPartManager(AddPart);
        services.AddOptions<RazorPagesOptions>().Configure<IHostEnvironment>(ConfigurePages);
        services.AddOptions<AntiforgeryOptions>().Configure<IOptions<SessionCookieOptions>>(ConfigureAntiforgery);
        return services;
    }

    /// <summary>Maps the pages and what they load.</summary>
    public static void MapIdentityProviderUI(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapMethods(
            "/assets/{hash}/{name}",
            [HttpMethods.Get, HttpMethods.Head],
            (HttpContext context, string hash, string name, PageAssets assets) => assets.ServeAsync(context, hash, name));

        // The error page runs as soon as it is routed to: the session lookup behind routing may be what has failed.
        endpoints.MapRazorPages().Add(endpoint =>
        {
            if (endpoint.Metadata.OfType<PageActionDescriptor>().Any(page => page.ViewEnginePath == "/Error"))
            {
                new SingleEndpoint(endpoint).ShortCircuit();
            }
        });
    }

    private static void ConfigurePages(RazorPagesOptions options, IHostEnvironment environment)
    {
        // The pages of a host are its own business, unless they use our models.
        options.Conventions.AddFolderApplicationModelConvention("/", model =>
        {
            if (model.ModelType?.Assembly == Here)
            {
                model.Filters.Add(new LanguageFilter());
                model.Filters.Add(new CrossSiteFilter());
                model.Filters.Add(new StaleFormFilter());
                model.Filters.Add(new SecurityHeadersFilter());
            }
        });

        if (environment.IsDevelopment())
        {
            options.Conventions.AddGallery();
        }
        else
        {
            options.Conventions.AddFolderRouteModelConvention("/Dev", model => model.Selectors.Clear());
        }
    }

    /// <summary>Lax, not Strict: a new tab that comes from a client must not replace the cookie of the tabs that are open already.</summary>
    private static void ConfigureAntiforgery(AntiforgeryOptions options, IOptions<SessionCookieOptions> session)
    {
        options.Cookie.Name = session.Value.Secure ? "__Host-idp.af" : "idp.af";
        options.Cookie.Path = "/";
        options.Cookie.HttpOnly = true;
        options.Cookie.SameSite = SameSiteMode.Lax;
        options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        options.SuppressXFrameOptionsHeader = true;
    }

    /// <summary>A web project finds the part by itself; another host, or a test, may not.</summary>
    private static void AddPart(ApplicationPartManager manager)
    {
        if (manager.ApplicationParts.Any(part => part.Name == Here.GetName().Name))
        {
            return;
        }

        foreach (var part in ApplicationPartFactory.GetApplicationPartFactory(Here).GetApplicationParts(Here))
        {
            manager.ApplicationParts.Add(part);
        }
    }

    private sealed class SingleEndpoint(EndpointBuilder endpoint) : IEndpointConventionBuilder
    {
        public void Add(Action<EndpointBuilder> convention) => convention(endpoint);
    }
}

using IdentityProvider.Protocol.Interactions;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace IdentityProvider.UI.Branding;

/// <summary>The brand of the server, and those of clients.</summary>
internal sealed class Brands
{
    private readonly Brand _own;
    private readonly Dictionary<string, Brand> _clients;

    public Brands(IOptions<BrandingOptions> options)
    {
        _own = Brand.Of(options.Value);
        _clients = options.Value.Clients.ToDictionary(
            client => client.Key, client => _own.For(client.Key, client.Value), StringComparer.OrdinalIgnoreCase);
    }

    public IEnumerable<Brand> All => [_own, .. _clients.Values];

    /// <summary>The brand of a page: of the client to which the person is on the way, if it has one.</summary>
    public Brand For(HttpContext context) =>
        context.Features.Get<InteractingClient>() is { } client && _clients.TryGetValue(client.ClientId, out var brand) ? brand : _own;
}

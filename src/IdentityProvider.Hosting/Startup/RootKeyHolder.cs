using IdentityProvider.Protocol.Keys;

namespace IdentityProvider.Hosting.Startup;

/// <summary>The root key between the start, which opens it, and the services, which are made afterwards.</summary>
internal sealed class RootKeyHolder
{
    private RootKey? _key;

    public RootKey Key
    {
        get => _key ?? throw new InvalidOperationException(
            "The root key is not open yet. Call PrepareIdentityProviderAsync() after Build() and before UseIdentityProvider().");
        set => _key = value;
    }
}

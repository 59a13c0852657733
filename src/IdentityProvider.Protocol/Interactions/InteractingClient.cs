namespace IdentityProvider.Protocol.Interactions;

/// <summary>A feature of the request, set when its interaction has been found: whose pages the person is on the way through.</summary>
/// <param name="ClientId">The client.</param>
public sealed record InteractingClient(string ClientId);

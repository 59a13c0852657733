namespace IdentityProvider.Accounts.Events;

/// <summary>From where something was done, as an event keeps it.</summary>
/// <param name="Network">The network of the address.</param>
/// <param name="UserAgent">The family of the user agent.</param>
/// <param name="RemoteAddress">The address.</param>
public sealed record EventOrigin(string? Network = null, string? UserAgent = null, string? RemoteAddress = null);

namespace IdentityProvider.UI.Pages.Shared;

/// <summary>The browser goes on by itself.</summary>
/// <param name="Heading">What is happening.</param>
/// <param name="Url">Where to.</param>
public sealed record Onward(string Heading, string Url);

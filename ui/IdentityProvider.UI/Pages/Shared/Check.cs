namespace IdentityProvider.UI.Pages.Shared;

/// <summary>A line of a checklist.</summary>
/// <param name="Done">Nothing is left to do.</param>
/// <param name="Text">What is done, or what to do.</param>
/// <param name="Url">Where to do it.</param>
internal sealed record Check(bool Done, string Text, string Url);

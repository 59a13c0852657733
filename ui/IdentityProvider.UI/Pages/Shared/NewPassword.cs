namespace IdentityProvider.UI.Pages.Shared;

/// <summary>The field for a password that somebody chooses.</summary>
/// <param name="Label">What it is called.</param>
/// <param name="MinLength">The fewest characters.</param>
/// <param name="Problem">Why the last one was refused; null: none was.</param>
internal sealed record NewPassword(string Label, int MinLength, string? Problem);

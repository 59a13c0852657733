using IdentityProvider.Accounts.Activity;
using IdentityProvider.UI.Localization;

namespace IdentityProvider.UI.Pages.Account.Activity;

/// <summary>
/// An entry in words: the text <c>Activity.</c> with its type behind it, or, where there is none, words for anything. What reads otherwise
/// when an operator did it has a second text, with <c>.by_operator</c> at its end.
/// </summary>
internal static class ActivityWords
{
    public static string For(ActivityEntry entry, PageTexts texts) =>
        (entry.ByOperator ? texts.Find($"Activity.{entry.Type}.by_operator") : null) ?? texts.Find("Activity." + entry.Type) ?? texts["Activity.Other", entry.Type];
}

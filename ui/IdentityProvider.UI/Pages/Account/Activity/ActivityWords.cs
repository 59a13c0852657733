using IdentityProvider.Accounts.Activity;
using IdentityProvider.UI.Localization;

namespace IdentityProvider.UI.Pages.Account.Activity;

/// <summary>An entry in words: the text <c>Activity.</c> with its type behind it, or, where there is none, words for anything.</summary>
internal static class ActivityWords
{
    public static string For(ActivityEntry entry, PageTexts texts) => texts.Find("Activity." + entry.Type) ?? texts["Activity.Other", entry.Type];
}

using IdentityProvider.Accounts.Events;
using IdentityProvider.Accounts.Profiles;
using IdentityProvider.Accounts.Sessions;
using IdentityProvider.UI.Localization;
using IdentityProvider.UI.Security;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Options;

namespace IdentityProvider.UI.Pages.Account.Profile;

/// <summary>What the account says about the person, which apps can ask for.</summary>
[SignedIn]
public sealed class IndexModel(
    IProfileStore profiles, IAccountEvents events, IOptions<SessionCookieOptions> cookies, PageTexts texts, TimeProvider time) : PageModel
{
    private const string SavedKey = "saved";

    internal PageTexts Texts => texts;

    /// <summary>The stored profile.</summary>
    public PersonProfile? Profile { get; internal set; }

    /// <summary>What the fields show: what was typed, or what is stored.</summary>
    public Dictionary<string, string?> Values { get; } = new(StringComparer.Ordinal);

    /// <summary>Fields that were not accepted, with what is wrong with them.</summary>
    public Dictionary<string, string> Problems { get; } = new(StringComparer.Ordinal);

    /// <summary>The last form was saved.</summary>
    public bool Saved { get; internal set; }

    internal static IReadOnlyList<ProfileInput> Inputs { get; } =
    [
        new("name", "Profile.Name", "name"),
        new("given_name", "Profile.GivenName", "given-name"),
        new("family_name", "Profile.FamilyName", "family-name"),
        new("nickname", "Profile.Nickname", "nickname"),
        new("birthdate", "Profile.Birthdate", "bday") { Type = "date", Problem = "Profile.BirthdateWrong" },
        new(ProfileFields.PhoneNumber, "Profile.PhoneNumber", "tel") { Type = "tel", Help = "Profile.PhoneNumberHelp", Problem = "Profile.PhoneNumberWrong" },
        new("website", "Profile.Website", "url") { Type = "url", Problem = "Profile.UrlWrong" },
        new("picture", "Profile.Picture", "photo") { Type = "url", Help = "Profile.PictureHelp", Problem = "Profile.UrlWrong" },
        new("zoneinfo", "Profile.TimeZone", "off") { Help = "Profile.TimeZoneHelp", Problem = "Profile.TimeZoneWrong" },
    ];

    /// <summary>Claims that are not the person's to change.</summary>
    internal IReadOnlyList<PersonClaim> Others => Profile is null
        ? []
        : [.. Profile.Claims.Where(claim => !ProfileFields.All.Contains(claim.Type) && claim.Type != "updated_at"), .. Profile.Roles.Select(role => new PersonClaim("role", role))];

    /// <summary>The language that is chosen, or would be.</summary>
    internal Language Chosen => Language.Find(Values.GetValueOrDefault(ProfileFields.Locale) ?? Profile?.Culture ?? "") ?? texts.Language;

    /// <summary>Shows the profile.</summary>
    public async Task<IActionResult> OnGetAsync()
    {
        Saved = Request.Query.ContainsKey(SavedKey);
        return await LoadAsync() ? Page() : NotFound();
    }

    /// <summary>Saves it.</summary>
    public async Task<IActionResult> OnPostAsync()
    {
        if (!await LoadAsync())
        {
            return NotFound();
        }

        var wanted = await ReadFormAsync();
        if (Problems.Count > 0)
        {
            return Page();
        }

        var session = SignedInAttribute.Of(HttpContext);
        var notice = new ChangeNotice(AccountEventTypes.ProfileChanged, events.OriginOf(HttpContext)) { SessionId = session.Id };
        if (await profiles.SaveAsync(new ProfileChange { UserId = session.UserId, Values = wanted, Notice = notice }))
        {
            events.Report(notice.ToEvent(session.UserId), HttpContext);
        }

        LanguageCookie.Write(Response, Chosen, cookies);
        return new SeeOtherResult(Url.Page("/Account/Profile/Index", new Dictionary<string, string> { [SavedKey] = "true" })!);
    }

    internal void Show(PersonProfile profile)
    {
        Profile = profile;
        foreach (var field in ProfileFields.All)
        {
            Values[field] = field == ProfileFields.PhoneNumber ? profile.PhoneNumber : profile.Find(field);
        }
    }

    private async Task<bool> LoadAsync()
    {
        if (await profiles.ReadAsync(SignedInAttribute.Of(HttpContext).UserId, HttpContext.RequestAborted) is not { } profile)
        {
            return false;
        }

        Show(profile);
        return true;
    }

    private async Task<Dictionary<string, string?>> ReadFormAsync()
    {
        var form = await Request.ReadFormAsync(HttpContext.RequestAborted);
        var wanted = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var input in Inputs)
        {
            var typed = form[input.Name].ToString();
            if (ProfileFields.TryClean(input.Name, typed, time.GetUtcNow(), out var value))
            {
                wanted[input.Name] = value;
            }
            else
            {
                Problems[input.Name] = texts[input.Problem, ProfileFields.MaxLength(input.Name)];
            }

            Values[input.Name] = string.Concat(typed.Where(letter => !char.IsControl(letter)).Take(ProfileFields.MaxLength(input.Name)));
        }

        // A wish for a region, which an import may have stored, is kept as long as its language is.
        var stored = Profile!.Find(ProfileFields.Locale);
        var chosen = Language.All.FirstOrDefault(language => language.Code == form[ProfileFields.Locale].ToString()) ?? Chosen;
        wanted[ProfileFields.Locale] = stored is not null && Language.Find(stored) == chosen ? stored : chosen.Code;
        Values[ProfileFields.Locale] = wanted[ProfileFields.Locale];
        return wanted;
    }
}

/// <summary>A field of the profile.</summary>
/// <param name="Name">The claim.</param>
/// <param name="Label">The key of its label.</param>
/// <param name="Autocomplete">What it is, to the browser.</param>
internal sealed record ProfileInput(string Name, string Label, string Autocomplete)
{
    /// <summary>The type of the input.</summary>
    public string Type { get; init; } = "text";

    /// <summary>The key of the text beneath it.</summary>
    public string? Help { get; init; }

    /// <summary>The key of what is said when it cannot be taken.</summary>
    public string Problem { get; init; } = "Profile.TextWrong";
}

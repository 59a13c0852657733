using System.Globalization;
using IdentityProvider.Accounts.Passwords;
using IdentityProvider.Accounts.Registration;
using IdentityProvider.Accounts.SignIn;
using IdentityProvider.Protocol.Interactions;
using IdentityProvider.UI.Localization;
using IdentityProvider.UI.Security;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdentityProvider.UI.Pages.Account;

/// <summary>Makes an account: <c>/account/register?interaction=…</c>, or <c>?returnUrl=…</c>.</summary>
public sealed class RegisterModel(RegistrationService registration, PasswordPolicy policy, InteractionService interactions, PageTexts texts) : PageModel
{
    private const int LongestField = 1024;

    internal PageTexts Texts => texts;

    /// <summary>The handle of the pending authorization.</summary>
    [BindProperty(SupportsGet = true, Name = "interaction")]
    public string? Interaction { get; set; }

    /// <summary>Where to go without an interaction. Anything but a path on this server is ignored.</summary>
    [BindProperty(SupportsGet = true, Name = "returnUrl")]
    public string? ReturnUrl { get; set; }

    /// <summary>The user name.</summary>
    [BindProperty(Name = "username")]
    public string? Username { get; set; }

    /// <summary>The address.</summary>
    [BindProperty(Name = "email")]
    public string? Email { get; set; }

    /// <summary>The password; never shown again.</summary>
    [BindProperty(Name = "password")]
    public string? Password { get; set; }

    /// <summary>The request that waits; null: there is none.</summary>
    public PendingAuthorization? Pending { get; internal set; }

    /// <summary>The request behind the page cannot be continued.</summary>
    public bool Expired { get; internal set; }

    /// <summary>Why the whole form did not work.</summary>
    public string? Problem { get; internal set; }

    /// <summary>What is wrong with the user name.</summary>
    public string? UsernameProblem { get; internal set; }

    /// <summary>What is wrong with the address.</summary>
    public string? EmailProblem { get; internal set; }

    /// <summary>What is wrong with the password.</summary>
    public string? PasswordProblem { get; internal set; }

    /// <summary>The fewest characters of a password.</summary>
    public int MinLength => policy.MinLength(secondFactor: false);

    /// <summary>For who has an account.</summary>
    public string SignInUrl => Target.PageUrl(Url, "/Account/Login");

    private SignInTarget Target => new(Interaction, ReturnUrl);

    /// <summary>Shows the form.</summary>
    public async Task<IActionResult> OnGetAsync() => await LoadAsync() ?? Show();

    /// <summary>Makes the account, and asks for the code that was mailed.</summary>
    public async Task<IActionResult> OnPostAsync()
    {
        if (await LoadAsync() is { } elsewhere)
        {
            return elsewhere;
        }

        if (Expired)
        {
            return Show();
        }

        try
        {
            var answer = await registration.RegisterAsync(HttpContext, new RegistrationForm(Short(Username), Short(Email), Short(Password), texts.Language.Code));
            if (answer.Succeeded)
            {
                return new SeeOtherResult(Target.PageUrl(Url, "/Account/VerifyEmail"));
            }

            Explain(answer);
        }
        catch (OverloadedException)
        {
            Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            Response.Headers.RetryAfter = "5";
            Problem = texts["Login.Busy"];
        }

        return Show();
    }

    private async Task<IActionResult?> LoadAsync()
    {
        if (!registration.IsOpen)
        {
            return NotFound();
        }

        if (Interaction is not null)
        {
            Pending = await interactions.FindAuthorizationAsync(HttpContext, Interaction);
            Expired = Pending is null or { Expired: true };
            texts.Prefer(Pending?.UiLocales);
        }

        return null;
    }

    private void Explain(RegistrationAnswer answer)
    {
        UsernameProblem = answer.Username switch
        {
            Accounts.Registration.UsernameProblem.Length => texts["Register.UsernameLength"],
            Accounts.Registration.UsernameProblem.Characters => texts["Register.UsernameCharacters"],
            Accounts.Registration.UsernameProblem.LookAlike => texts["Register.UsernameLookAlike"],
            Accounts.Registration.UsernameProblem.Taken => texts["Register.UsernameTaken"],
            _ => null,
        };
        EmailProblem = answer.EmailInvalid ? texts["Register.EmailInvalid"] : null;
        PasswordProblem = answer.Password is { } refusal ? PasswordWords.Of(texts, refusal) : null;
        if (answer.RetryAfter is { } wait)
        {
            Response.StatusCode = StatusCodes.Status429TooManyRequests;
            Response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
            Problem = texts["Register.Throttled", texts.Duration(wait)];
        }
    }

    private PageResult Show()
    {
        if (Expired)
        {
            Response.StatusCode = StatusCodes.Status400BadRequest;
        }

        (Username, Email) = (Short(Username), Short(Email));
        PageSecurity.For(HttpContext).FormActionSource = Pending?.FormActionSource;
        return Page();
    }

    /// <summary>What is longer than any field is not looked at.</summary>
    private static string? Short(string? typed) => typed is { Length: > LongestField } ? typed[..LongestField] : typed;
}

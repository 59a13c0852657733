using System.Globalization;
using IdentityProvider.Accounts.Factors;
using IdentityProvider.Accounts.Passkeys;
using IdentityProvider.Accounts.Registration;
using IdentityProvider.Accounts.SignIn;
using IdentityProvider.Accounts.Throttling;
using IdentityProvider.Protocol.Interactions;
using IdentityProvider.Protocol.Subjects;
using IdentityProvider.Protocol.Upstream;
using IdentityProvider.UI.Localization;
using IdentityProvider.UI.Pages.Shared;
using IdentityProvider.UI.Security;
using IdentityProvider.UI.Upstream;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdentityProvider.UI.Pages.Account;

/// <summary>What the sign-in page shows.</summary>
public enum LoginStep
{
    /// <summary>User name and password.</summary>
    SignIn,

    /// <summary>Somebody is signed in, but the client wants a fresh proof: the password again.</summary>
    Confirm,

    /// <summary>Somebody is signed in: go on, or use another account.</summary>
    Continue,

    /// <summary>The request behind the page is unknown, of another browser, or too old.</summary>
    Expired,

    /// <summary>The name alone: its domain may belong to another provider.</summary>
    Identify,

    /// <summary>On the way to that provider.</summary>
    Leave,
}

/// <summary>Sign-in: <c>/account/login?interaction=…</c>, or <c>?returnUrl=…</c> for an address of this server.</summary>
public sealed class LoginModel(InteractionService interactions, SignInService signIn, RegistrationService registration, AccountSecurity security, LastMethod lastMethod, UpstreamJourney journey, ISubjects subjects, PageTexts texts) : PageModel
{
    private const int MaxUsernameLength = 256;
    private const int MaxPasswordLength = 1024;

    /// <summary>The handle of the pending authorization.</summary>
    [BindProperty(SupportsGet = true, Name = "interaction")]
    public string? Interaction { get; set; }

    /// <summary>Where to go without an interaction. Anything but a path on this server is ignored.</summary>
    [BindProperty(SupportsGet = true, Name = "returnUrl")]
    public string? ReturnUrl { get; set; }

    /// <summary>The person wants another account than the one that is signed in.</summary>
    [BindProperty(SupportsGet = true, Name = "switch")]
    public bool Switch { get; set; }

    /// <summary>What comes next is sensitive: who signed in a while ago has to do it again.</summary>
    [BindProperty(SupportsGet = true, Name = "fresh")]
    public bool Fresh { get; set; }

    /// <summary>The person wants to give a password here, whatever provider their domain has.</summary>
    [BindProperty(SupportsGet = true, Name = "local")]
    public bool Local { get; set; }

    /// <summary>User name or e-mail address.</summary>
    [BindProperty(Name = "username")]
    public string? Username { get; set; }

    /// <summary>The password; never shown again.</summary>
    [BindProperty(Name = "password")]
    public string? Password { get; set; }

    /// <summary>Keep me signed in.</summary>
    [BindProperty(Name = "remember")]
    public bool Remember { get; set; }

    /// <summary>The answer of the browser to the passkey prompt.</summary>
    [BindProperty(Name = "credential")]
    public string? Credential { get; set; }

    /// <summary>The sealed challenge of that prompt.</summary>
    [BindProperty(Name = "challenge")]
    public string? SealedChallenge { get; set; }

    /// <summary>This browser can make passkeys.</summary>
    [BindProperty(Name = "passkeys")]
    public bool Passkeys { get; set; }

    /// <summary>The subject that "You are signed in as" was shown for: it may have changed in another tab since.</summary>
    [BindProperty(Name = "subject")]
    public string? Subject { get; set; }

    /// <summary>The ticket of the work that the last page asked for.</summary>
    [BindProperty(Name = "work")]
    public string? WorkTicket { get; set; }

    /// <summary>The result of that work; empty: the browser has waited.</summary>
    [BindProperty(Name = "proof")]
    public string? WorkProof { get; set; }

    /// <summary>The work that the next attempt needs; null: none.</summary>
    public WorkChallenge? Work { get; internal set; }

    /// <summary>What to show.</summary>
    public LoginStep Step { get; internal set; }

    /// <summary>The request that waits; null for a local sign-in.</summary>
    public PendingAuthorization? Pending { get; internal set; }

    /// <summary>Who is signed in already.</summary>
    public SubjectSession? Session { get; internal set; }

    internal PageTexts Texts => texts;

    /// <summary>What the browser needs to ask for a passkey.</summary>
    public PasskeyPrompt? Prompt { get; internal set; }

    /// <summary>The passkey that was refused just now because it is nobody's, for the browser to forget it.</summary>
    public string? UnknownPasskey { get; internal set; }

    /// <summary>How somebody signed in at this browser the last time.</summary>
    public SignInMethod? LastUsed { get; internal set; }

    /// <summary>Other providers that sign people in.</summary>
    public IReadOnlyList<UpstreamProvider> Providers { get; internal set; } = journey.Providers.All;

    /// <summary>The way to the provider of the person's domain.</summary>
    public Onward? Onward { get; internal set; }

    /// <summary>Why the last try did not work, and what to do.</summary>
    public string? Problem { get; internal set; }

    /// <summary>Shows the page.</summary>
    public async Task<IActionResult> OnGetAsync()
    {
        await LoadAsync();
        if (SignedInAttribute.Find(HttpContext) is ({ DeleteAfter: not null } or { MustEnrol: true }) and var held && !Switch && !(Fresh && held.DeleteAfter is null) && Step != LoginStep.Expired)
        {
            return new SeeOtherResult(Target.PageUrl(Url, held.DeleteAfter is null ? "/Account/Enrol" : "/Account/Data/Keep"));
        }

        if (Step == LoginStep.Continue && Fresh && Pending is null)
        {
            return new SeeOtherResult(Destination());
        }

        Username = Step == LoginStep.Confirm ? Session!.Username : Pending?.LoginHint;
        return await ShowAsync();
    }

    /// <summary>Signs in, or goes on with the account that is signed in.</summary>
    public async Task<IActionResult> OnPostAsync()
    {
        await LoadAsync();
        if (Step == LoginStep.Expired)
        {
            return await ShowAsync();
        }

        return this switch
        {
            { Subject: not null } => await ContinueAsync(),
            { Credential: not null } => await UsePasskeyAsync(),
            { Step: LoginStep.Identify } => await IdentifyAsync(),
            _ => await SignInAsync(),
        };
    }

    private async Task LoadAsync()
    {
        if (Interaction is not null)
        {
            Pending = await interactions.FindAuthorizationAsync(HttpContext, Interaction);
            Session = Pending?.Session;
            texts.Prefer(Pending?.UiLocales);
        }
        else
        {
            Session = await subjects.GetSessionAsync(HttpContext);
        }

        Step = this switch
        {
            { Interaction: not null, Pending: null or { Expired: true } } => LoginStep.Expired,
            { Session: null } or { Switch: true } => journey.Providers.HaveRealms && !Local && Password is null ? LoginStep.Identify : LoginStep.SignIn,
            { Pending.NeedsSignIn: true } => LoginStep.Confirm,
            { Pending: null, Fresh: true } when !await IsPrivilegedAsync() => LoginStep.Confirm,
            _ => LoginStep.Continue,
        };
    }

    /// <summary>The domain decides, never whether there is such an account.</summary>
    private async Task<IActionResult> IdentifyAsync()
    {
        if (!IsPlausibleName())
        {
            Username = null;
            return await ShowAsync();
        }

        Step = LoginStep.SignIn;
        if (journey.Providers.FindRealm(Username) is { } provider)
        {
            var departure = new UpstreamDeparture(Target) { Pending = Pending, Fresh = Fresh, Remember = Remember, LoginHint = Username };
            var url = await journey.LeaveAsync(HttpContext, provider, departure);
            Step = url is null ? LoginStep.SignIn : LoginStep.Leave;
            Onward = url is null ? null : new Onward(texts["External.Leaving", provider.DisplayName], url);
            Problem = url is null ? texts["External.Unavailable.Advice", provider.DisplayName] : null;
        }

        return await ShowAsync();
    }

    private async Task<IActionResult> SignInAsync()
    {
        try
        {
            var result = IsPlausible()
                ? await signIn.PasswordSignInAsync(
                    HttpContext, Username!, Password!, Remember, Target.Key, new WorkAnswer(WorkTicket, WorkProof), everyFactor: Fresh || Step == LoginStep.Confirm)
                : new SignInAnswer(SignInOutcome.Refused);
            if (result.Outcome == SignInOutcome.Succeeded)
            {
                return new SeeOtherResult(result.OfferPasskey && Passkeys ? Target.PageUrl(Url, "/Account/PasskeyOffer") : Destination());
            }

            if (result.Outcome == SignInOutcome.AddressUnverified)
            {
                return await VerifyAddressAsync(result);
            }

            if (result.Outcome == SignInOutcome.NewPasswordRequired)
            {
                return new SeeOtherResult(Target.PageUrl(Url, "/Account/NewPassword"));
            }

            if (result.Outcome == SignInOutcome.SecondFactorRequired)
            {
                return new SeeOtherResult(Target.PageUrl(Url, "/Account/TwoFactor"));
            }

            Work = result.Work;
            Problem = result.Outcome switch
            {
                SignInOutcome.Throttled => Throttled(result.RetryAfter),
                SignInOutcome.WorkRequired => WorkRequired(),
                _ => texts["Login.Refused"],
            };
        }
        catch (OverloadedException)
        {
            Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            Response.Headers.RetryAfter = "5";
            Problem = texts["Login.Busy"];
        }

        return await RefuseAsync();
    }

    private async Task<IActionResult> UsePasskeyAsync()
    {
        var result = await signIn.PasskeySignInAsync(HttpContext, new PasskeyAnswer(Credential, SealedChallenge), Remember);
        if (result.Outcome == SignInOutcome.Succeeded)
        {
            return new SeeOtherResult(Destination());
        }

        if (result.Outcome == SignInOutcome.AddressUnverified)
        {
            return await VerifyAddressAsync(result);
        }

        UnknownPasskey = result.UnknownPasskey;
        Problem = result.Outcome == SignInOutcome.Throttled ? Throttled(result.RetryAfter) : texts["Passkey.Refused"];
        return await RefuseAsync();
    }

    private async Task<IActionResult> VerifyAddressAsync(SignInAnswer answer)
    {
        await registration.SendAsync(HttpContext, answer);
        return new SeeOtherResult(Target.PageUrl(Url, "/Account/VerifyEmail"));
    }

    /// <summary>A refused attempt keeps its form, whoever is signed in.</summary>
    private Task<IActionResult> RefuseAsync()
    {
        Username = Username is { Length: <= MaxUsernameLength } ? Username : null;
        Step = Step == LoginStep.Confirm ? LoginStep.Confirm : LoginStep.SignIn;
        return ShowAsync();
    }

    private string Throttled(TimeSpan wait)
    {
        TooManyRequests(wait);
        return texts["Login.Throttled", texts.Duration(wait)];
    }

    private string WorkRequired()
    {
        TooManyRequests(Work?.Wait ?? TimeSpan.FromMinutes(1));
        return texts["Login.Work"];
    }

    private void TooManyRequests(TimeSpan wait)
    {
        Response.StatusCode = StatusCodes.Status429TooManyRequests;
        Response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
    }

    private async Task<IActionResult> ContinueAsync()
    {
        if (Step != LoginStep.Continue || Subject != Session!.Subject)
        {
            return new SeeOtherResult(Request.GetEncodedPathAndQuery());
        }

        if (Pending is { AsksForAccount: true })
        {
            await interactions.SelectSessionAsync(Pending, HttpContext.RequestAborted);
        }

        return new SeeOtherResult(Destination());
    }

    /// <summary>What cannot be right is not worth a hash, and NUL cannot be stored.</summary>
    private bool IsPlausible() =>
        IsPlausibleName()
        && Password is { Length: > 0 and <= MaxPasswordLength } && !Password.Contains('\0');

    private bool IsPlausibleName() => Username is { Length: > 0 and <= MaxUsernameLength } && !Username.Contains('\0');

    private SignInTarget Target => new(Interaction, ReturnUrl);

    private string Destination() => Pending?.ContinueUrl ?? Target.LocalUrl(Url);

    private async Task<bool> IsPrivilegedAsync() =>
        SignedInAttribute.Find(HttpContext) is { } session && await security.IsPrivilegedAsync(session, HttpContext.RequestAborted);

    private async Task<IActionResult> ShowAsync()
    {
        if (Step == LoginStep.Expired)
        {
            Response.StatusCode = StatusCodes.Status400BadRequest;
        }

        else if (Step is not (LoginStep.Continue or LoginStep.Leave))
        {
            Prompt = await signIn.PromptAsync(HttpContext);
            LastUsed = Step == LoginStep.SignIn ? lastMethod.Read(Request) : null;
        }

        var headers = PageSecurity.For(HttpContext);
        headers.FormActionSource = Pending?.FormActionSource;
        headers.NoReferrer = Step == LoginStep.Leave;
        headers.ImageUrl = Pending?.Client.LogoUri;
        return Page();
    }
}

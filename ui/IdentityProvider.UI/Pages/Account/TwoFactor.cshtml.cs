using System.Globalization;
using IdentityProvider.Accounts.Passkeys;
using IdentityProvider.Accounts.SignIn;
using IdentityProvider.Protocol.Interactions;
using IdentityProvider.UI.Localization;
using IdentityProvider.UI.Security;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdentityProvider.UI.Pages.Account;

/// <summary>Ways to give a second factor.</summary>
public enum SecondFactorMethod
{
    /// <summary>None chosen.</summary>
    None,

    /// <summary>A passkey.</summary>
    Passkey,

    /// <summary>A code of the authenticator app.</summary>
    App,

    /// <summary>A recovery code.</summary>
    Recovery,

    /// <summary>A code that an operator has handed out.</summary>
    Operator,

    /// <summary>The list of the ways.</summary>
    Other,
}

/// <summary>
/// The second step of a sign-in, or what an app wants beyond the present session: <c>/account/two-factor?interaction=…</c>, or
/// <c>?returnUrl=…</c>.
/// </summary>
public sealed class TwoFactorModel(InteractionService interactions, SecondFactorService secondFactors, PageTexts texts) : PageModel
{
    private const int LongestCode = 64;

    internal PageTexts Texts => texts;

    /// <summary>The handle of the pending authorization.</summary>
    [BindProperty(SupportsGet = true, Name = "interaction")]
    public string? Interaction { get; set; }

    /// <summary>Where to go without an interaction.</summary>
    [BindProperty(SupportsGet = true, Name = "returnUrl")]
    public string? ReturnUrl { get; set; }

    /// <summary>The way that the person has chosen.</summary>
    [BindProperty(SupportsGet = true, Name = "method")]
    public SecondFactorMethod Method { get; set; }

    /// <summary>The typed code.</summary>
    [BindProperty(Name = "code")]
    public string? Code { get; set; }

    /// <summary>The answer of the browser to a passkey prompt.</summary>
    [BindProperty(Name = "credential")]
    public string? Credential { get; set; }

    /// <summary>The sealed challenge of that prompt.</summary>
    [BindProperty(Name = "challenge")]
    public string? SealedChallenge { get; set; }

    /// <summary>The person goes on without this step.</summary>
    [BindProperty(Name = "skip")]
    public bool Skip { get; set; }

    /// <summary>Do not ask at this device again for <see cref="DeviceTrust"/>.</summary>
    [BindProperty(Name = "trust")]
    public bool Trust { get; set; }

    /// <summary>For how long it may be; zero: the page does not offer it.</summary>
    public TimeSpan DeviceTrust { get; internal set; }

    /// <summary>The request behind the page cannot be continued.</summary>
    public bool Expired { get; internal set; }

    /// <summary>The request that waits; null for a local sign-in.</summary>
    public PendingAuthorization? Pending { get; internal set; }

    /// <summary>Of whom a second factor is wanted.</summary>
    public SecondFactorRequest? Wanted { get; internal set; }

    /// <summary>What the browser needs to ask for a passkey.</summary>
    public PasskeyPrompt? Prompt { get; internal set; }

    /// <summary>Why the last try did not work, and what to do.</summary>
    public string? Problem { get; internal set; }

    /// <summary>The ways that are open, the strongest first.</summary>
    public IReadOnlyList<SecondFactorMethod> Methods => Wanted is null ? [] :
    [
        .. Wanted.Factors.Passkeys > 0 ? [SecondFactorMethod.Passkey] : (SecondFactorMethod[])[],
        .. Wanted.Factors.TwoStep && !OnlyPasskey ? [SecondFactorMethod.App] : (SecondFactorMethod[])[],
        .. Wanted.Factors is { TwoStep: true, RecoveryCodesLeft: > 0 } && !OnlyPasskey ? [SecondFactorMethod.Recovery] : (SecondFactorMethod[])[],
        .. Wanted.TakesOperatorCode ? [SecondFactorMethod.Operator] : (SecondFactorMethod[])[],
    ];

    private bool OnlyPasskey => Wanted is { OnlyPasskey: true } || (Wanted is { StepUp: true } && Pending is { NeedsPasskey: true });

    private SignInTarget Target => new(Interaction, ReturnUrl);

    /// <summary>Shows the page.</summary>
    public async Task<IActionResult> OnGetAsync() => await LoadAsync() ?? await ShowAsync();

    /// <summary>Checks what was given, and goes on.</summary>
    public async Task<IActionResult> OnPostAsync()
    {
        if (await LoadAsync() is { } elsewhere)
        {
            return elsewhere;
        }

        if (Expired)
        {
            return await ShowAsync();
        }

        if (Skip && Wanted is { StepUp: true } && Pending is not null)
        {
            await interactions.DeclineStepUpAsync(Pending, HttpContext.RequestAborted);
            return new SeeOtherResult(Pending.ContinueUrl);
        }

        var answer = await CheckAsync();
        if (answer.Outcome == SignInOutcome.Succeeded)
        {
            return new SeeOtherResult(answer.OfferPasskey && Passkeys ? Target.PageUrl(Url, "/Account/PasskeyOffer") : Destination());
        }

        if (answer.Outcome == SignInOutcome.NewPasswordRequired)
        {
            return new SeeOtherResult(Target.PageUrl(Url, "/Account/NewPassword"));
        }

        Problem = answer.Outcome == SignInOutcome.Throttled ? Throttled(answer.RetryAfter)
            : Method == SecondFactorMethod.Passkey ? texts["Passkey.Refused"]
            : Method == SecondFactorMethod.Recovery ? texts["TwoFactor.WrongRecoveryCode"]
            : Method == SecondFactorMethod.Operator ? texts["TwoFactor.WrongOperatorCode"]
            : texts["TwoFactor.WrongCode"];
        return await ShowAsync();
    }

    /// <summary>This browser can make passkeys.</summary>
    [BindProperty(Name = "passkeys")]
    public bool Passkeys { get; set; }

    private async Task<IActionResult?> LoadAsync()
    {
        if (Interaction is not null)
        {
            Pending = await interactions.FindAuthorizationAsync(HttpContext, Interaction);
            texts.Prefer(Pending?.UiLocales);
            Expired = Pending is null or { Expired: true };
            if (Expired)
            {
                return null;
            }
        }

        Wanted = await secondFactors.FindAsync(HttpContext, Target.Key);
        if (Wanted is null)
        {
            return new SeeOtherResult(Target.PageUrl(Url, "/Account/Login"));
        }

        // Signed in, and nothing more is wanted: the step was done in another tab.
        var done = Wanted.StepUp && Pending is not { NeedsSignIn: false, NeedsStepUp: true };
        if (done || Methods.Count == 0)
        {
            return new SeeOtherResult(Destination());
        }

        DeviceTrust = Wanted.StepUp ? TimeSpan.Zero : secondFactors.DeviceTrust;
        Method = Method == SecondFactorMethod.Other || Methods.Contains(Method) ? Method : Methods[0];
        return null;
    }

    private Task<SignInAnswer> CheckAsync() => this switch
    {
        { Method: SecondFactorMethod.Passkey } => secondFactors.UsePasskeyAsync(HttpContext, Wanted!, new PasskeyAnswer(Credential, SealedChallenge)),
        { Code: not { Length: > 0 and <= LongestCode } } => Task.FromResult(new SignInAnswer(SignInOutcome.Refused)),
        { Method: SecondFactorMethod.Operator } => secondFactors.UseOperatorCodeAsync(HttpContext, Wanted!, Code),
        { Method: SecondFactorMethod.Recovery } => secondFactors.UseRecoveryCodeAsync(HttpContext, Wanted!, Code),
        _ => secondFactors.UseTotpAsync(HttpContext, Wanted!, Code, Trust && !Wanted!.StepUp),
    };

    private string Destination() => Pending?.ContinueUrl ?? Target.LocalUrl(Url);

    private string Throttled(TimeSpan wait)
    {
        Response.StatusCode = StatusCodes.Status429TooManyRequests;
        Response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        return texts["Login.Throttled", texts.Duration(wait)];
    }

    private async Task<IActionResult> ShowAsync()
    {
        if (Expired)
        {
            Response.StatusCode = StatusCodes.Status400BadRequest;
        }
        else if (Method == SecondFactorMethod.Passkey)
        {
            Prompt = await secondFactors.PromptAsync(HttpContext, Wanted!);
        }

        PageSecurity.For(HttpContext).FormActionSource = Pending?.FormActionSource;
        return Page();
    }
}

using System.Globalization;
using IdentityProvider.Accounts.Upstream;
using IdentityProvider.Protocol.Interactions;
using IdentityProvider.Protocol.Upstream;
using IdentityProvider.UI.Localization;
using IdentityProvider.UI.Pages.Shared;
using IdentityProvider.UI.Security;
using IdentityProvider.UI.Upstream;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdentityProvider.UI.Pages.Account.External;

/// <summary>What came of a sign-in at another provider.</summary>
public enum CallbackStep
{
    /// <summary>It goes on by itself.</summary>
    Onward,

    /// <summary>Nobody of this browser has asked for it, or it is too old, or came before.</summary>
    Expired,

    /// <summary>The person did not want to, there.</summary>
    Cancelled,

    /// <summary>The provider does not answer.</summary>
    Unavailable,

    /// <summary>What it says does not hold.</summary>
    Refused,

    /// <summary>It did not ask the person to sign in anew.</summary>
    NotFresh,

    /// <summary>The account there signs nobody in here.</summary>
    NoAccount,

    /// <summary>Somebody here has its e-mail address.</summary>
    AddressTaken,

    /// <summary>The person may not sign in here, or not so.</summary>
    AccountRefused,

    /// <summary>The account there signs somebody else in.</summary>
    LinkTaken,
}

/// <summary>Where other providers send people back to.</summary>
public sealed class CallbackModel(UpstreamJourney journey, ExternalSignInService signIn, InteractionService interactions, PageTexts texts) : PageModel
{
    private const int RetryAfterSeconds = 10;

    private string? _restartUrl;

    internal PageTexts Texts => texts;

    /// <summary>What to show.</summary>
    public CallbackStep Step { get; internal set; }

    /// <summary>The provider's name on pages.</summary>
    public string DisplayName { get; internal set; } = "";

    /// <summary>Where the browser goes on.</summary>
    public Onward? Onward { get; internal set; }

    /// <summary>Where a form tries once more; null: it would not help.</summary>
    public string? RetryUrl { get; internal set; }

    /// <summary>Where to go instead.</summary>
    public string? OtherWay { get; internal set; }

    /// <summary>An account was to be linked.</summary>
    public bool Linking { get; internal set; }

    /// <summary>Keep me signed in.</summary>
    public bool Remember { get; internal set; }

    /// <summary>What happened.</summary>
    public string Heading => Step switch
    {
        CallbackStep.Cancelled => texts["External.Cancelled.Title"],
        CallbackStep.Unavailable => texts["External.Unavailable.Title", DisplayName],
        CallbackStep.NotFresh => texts["External.NotFresh.Title", DisplayName],
        CallbackStep.NoAccount => texts["External.NoAccount.Title"],
        CallbackStep.AddressTaken => texts["External.AddressTaken.Title"],
        CallbackStep.AccountRefused => texts["External.AccountRefused.Title"],
        CallbackStep.LinkTaken => texts["External.LinkTaken.Title", DisplayName],
        CallbackStep.Refused => texts["External.Refused.Title", DisplayName],
        _ => Onward?.Heading ?? "",
    };

    /// <summary>What to do.</summary>
    public string Advice => Step switch
    {
        CallbackStep.Cancelled => texts["External.Cancelled.Advice", DisplayName],
        CallbackStep.Unavailable => texts["External.Unavailable.Advice", DisplayName],
        CallbackStep.NotFresh => texts["External.NotFresh.Advice", DisplayName],
        CallbackStep.NoAccount => texts["External.NoAccount.Advice", DisplayName],
        CallbackStep.AddressTaken => texts["External.AddressTaken.Advice", DisplayName],
        CallbackStep.AccountRefused => texts["External.AccountRefused.Advice", DisplayName],
        CallbackStep.LinkTaken => texts["External.LinkTaken.Advice", DisplayName],
        CallbackStep.Refused => texts["External.Refused.Advice", DisplayName],
        _ => "",
    };

    /// <summary>Reads the answer, and goes on.</summary>
    public async Task<IActionResult> OnGetAsync()
    {
        PageSecurity.For(HttpContext).NoReferrer = true;
        if (await journey.ReturnAsync(HttpContext) is not (var attempt, var provider))
        {
            Step = CallbackStep.Expired;
            OtherWay = Url.Page("/Account/Index");
            return Show();
        }

        var target = new SignInTarget(attempt.Interaction, attempt.ReturnUrl);
        var pending = attempt.Interaction is null ? null : await interactions.FindAuthorizationAsync(HttpContext, attempt.Interaction);
        texts.Prefer(pending?.UiLocales);
        (DisplayName, Remember, Linking) = (provider.DisplayName, attempt.Remember, attempt.LinkInSession is not null);
        OtherWay = Linking ? Url.Page("/Account/Security/Linked") : LoginUrl(target);
        _restartUrl = Url.Page(
            "/Account/External/Start",
            new { provider = provider.Name, interaction = target.Interaction, returnUrl = target.ReturnUrl, link = Linking ? "true" : null });

        var answer = await journey.ReadAsync(HttpContext, attempt, provider);
        Step = answer.Identity is not { } identity ? StepOf(answer.Problem)
            : attempt.LinkInSession is { } session ? await LinkAsync(session, UpstreamJourney.Describe(identity))
            : await SignInAsync(UpstreamJourney.Describe(identity), attempt.Remember, target, pending);
        return Show();
    }

    private async Task<CallbackStep> SignInAsync(ExternalAccount account, bool remember, SignInTarget target, PendingAuthorization? pending)
    {
        var outcome = await signIn.SignInAsync(HttpContext, account, remember, target.Key);
        var next = outcome switch
        {
            ExternalSignInOutcome.SecondFactorRequired => target.PageUrl(Url, "/Account/TwoFactor"),
            ExternalSignInOutcome.Succeeded when target.Interaction is not null => pending?.ContinueUrl ?? target.PageUrl(Url, "/Account/Login"),
            ExternalSignInOutcome.Succeeded => target.LocalUrl(Url),
            _ => null,
        };
        Onward = next is null ? null : new Onward(texts["External.SigningIn"], next);
        return outcome switch
        {
            ExternalSignInOutcome.NoAccount => CallbackStep.NoAccount,
            ExternalSignInOutcome.AddressTaken => CallbackStep.AddressTaken,
            ExternalSignInOutcome.Refused => CallbackStep.AccountRefused,
            _ => CallbackStep.Onward,
        };
    }

    /// <summary>Only in the session that asked for it: somebody else may have signed in meanwhile.</summary>
    private async Task<CallbackStep> LinkAsync(Guid sessionId, ExternalAccount account)
    {
        if (SignedInAttribute.Find(HttpContext) is not { } session || session.Id != sessionId)
        {
            return CallbackStep.Expired;
        }

        var outcome = await signIn.LinkAsync(HttpContext, session, account);
        Onward = outcome is LinkOutcome.Linked or LinkOutcome.AlreadyTheirs
            ? new Onward(texts["Linked.Linking", DisplayName], Url.Page("/Account/Security/Linked")!)
            : null;
        return outcome switch
        {
            LinkOutcome.TakenByOther => CallbackStep.LinkTaken,
            LinkOutcome.PersonChanged => CallbackStep.Expired,
            _ => CallbackStep.Onward,
        };
    }

    private static CallbackStep StepOf(UpstreamProblem? problem) => problem switch
    {
        UpstreamProblem.Cancelled => CallbackStep.Cancelled,
        UpstreamProblem.Unavailable => CallbackStep.Unavailable,
        UpstreamProblem.NotFresh => CallbackStep.NotFresh,
        _ => CallbackStep.Refused,
    };

    private PageResult Show()
    {
        RetryUrl = Step is CallbackStep.Cancelled or CallbackStep.Unavailable or CallbackStep.NotFresh or CallbackStep.Refused ? _restartUrl : null;
        Response.StatusCode = Step switch
        {
            CallbackStep.Onward or CallbackStep.Cancelled => StatusCodes.Status200OK,
            CallbackStep.Unavailable => StatusCodes.Status503ServiceUnavailable,
            CallbackStep.NoAccount or CallbackStep.AccountRefused => StatusCodes.Status403Forbidden,
            CallbackStep.AddressTaken or CallbackStep.LinkTaken => StatusCodes.Status409Conflict,
            _ => StatusCodes.Status400BadRequest,
        };
        if (Step == CallbackStep.Unavailable)
        {
            Response.Headers.RetryAfter = RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
        }

        return Page();
    }

    private string LoginUrl(SignInTarget target) => Url.Page(
        "/Account/Login",
        new { interaction = target.Interaction, returnUrl = target.ReturnUrl, local = journey.Providers.HaveRealms ? "true" : null })!;
}

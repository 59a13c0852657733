using IdentityProvider.Accounts.OneTimeTokens;
using IdentityProvider.Accounts.Passwords;
using IdentityProvider.Accounts.SignIn;
using IdentityProvider.Accounts.Transitions;
using IdentityProvider.Accounts.Throttling;
using IdentityProvider.Protocol.Errors;
using IdentityProvider.Protocol.Interactions;
using IdentityProvider.UI.Localization;
using IdentityProvider.UI.Pages;
using IdentityProvider.UI.Pages.Account;
using IdentityProvider.UI.Pages.Account.External;
using IdentityProvider.UI.Pages.Account.Security;
using IdentityProvider.UI.Pages.Shared;
using Microsoft.AspNetCore.Http;
using static IdentityProvider.UI.Gallery.GallerySamples;
using ConsentModel = IdentityProvider.UI.Pages.Consent.IndexModel;
using SecurityModel = IdentityProvider.UI.Pages.Account.Security.IndexModel;
using DepartureModel = IdentityProvider.UI.Pages.Account.External.StartModel;
using StartModel = IdentityProvider.UI.Pages.IndexModel;

namespace IdentityProvider.UI.Gallery;

/// <summary>Every page in every state that a person can meet.</summary>
internal static class GalleryStates
{
    public static IReadOnlyList<GalleryState> All { get; } =
    [
        Login("Sign in", "login", model => model.Pending = Authorization),
        Login("Sign in, wrong password", "login/refused", model =>
        {
            (model.Pending, model.Username) = (Authorization, "alice");
            model.Problem = model.Texts["Login.Refused"];
        }),
        Login("Sign in, busy", "login/busy", model =>
        {
            (model.Pending, model.Username) = (Authorization, "alice");
            model.Problem = model.Texts["Login.Busy"];
        }),
        Login("Sign in, too many attempts", "login/throttled", model =>
        {
            (model.Pending, model.Username) = (Authorization, "alice");
            model.Problem = model.Texts["Login.Throttled", model.Texts.Duration(TimeSpan.FromMinutes(12))];
        }),
        Login("Sign in, after work", "login/work", model =>
        {
            (model.Pending, model.Username) = (Authorization, "alice");
            (model.Problem, model.Work) = (model.Texts["Login.Work"], new WorkChallenge("ticket", "puzzle", 1, TimeSpan.FromSeconds(30)));
        }),
        Login("Sign in, without a client", "login/local", _ => { }),
        Login("Sign in, with a hint", "login/last-used", model => (model.Pending, model.LastUsed) = (Authorization, SignInMethod.Passkey)),
        Login("Sign in, long names", "login/long", model => model.Pending = Authorization with { Client = LongNames }),
        Login("Confirm it is you", "login/confirm", model =>
        {
            (model.Step, model.Session, model.Username) = (LoginStep.Confirm, Session, Session.Username);
            model.Pending = Authorization with { NeedsSignIn = true, Session = Session };
        }),
        Login("Signed in already", "login/continue", model =>
        {
            (model.Step, model.Session) = (LoginStep.Continue, Session);
            model.Pending = Authorization with { AsksForAccount = true, Session = Session };
        }),
        Login("Sign in, with other providers", "login/providers", model => (model.Pending, model.Providers) = (Authorization, OtherProviders)),
        Login("Sign in, name first", "login/name", model =>
            (model.Step, model.Pending, model.Providers) = (LoginStep.Identify, Authorization, OtherProviders)),
        Login("Sign in, on the way to a provider", "login/leave", model =>
            (model.Step, model.Onward) = (LoginStep.Leave, new Onward(model.Texts["External.Leaving", "Contoso"], "#"))),
        Login("Expired", "login/expired", model =>
            (model.Step, model.Pending) = (LoginStep.Expired, Authorization with { Expired = true })),

        GalleryState.Of<DepartureModel>("/Account/External/Start", "Provider that cannot be reached", "external/start", model =>
            (model.DisplayName, model.OtherWay) = ("Contoso", "#")),
        Callback("Cancelled at a provider", "external/cancelled", CallbackStep.Cancelled, retry: true),
        Callback("Provider that does not answer", "external/unavailable", CallbackStep.Unavailable, retry: true),
        Callback("Answer of a provider refused", "external/refused", CallbackStep.Refused, retry: true),
        Callback("Sign-in at a provider that was not fresh", "external/not-fresh", CallbackStep.NotFresh, retry: true),
        Callback("No account here is linked", "external/no-account", CallbackStep.NoAccount),
        Callback("Address of an account here", "external/address-taken", CallbackStep.AddressTaken),
        Callback("Account here refuses", "external/account-refused", CallbackStep.AccountRefused),
        Callback("Account there is linked to another one", "external/link-taken", CallbackStep.LinkTaken),
        Callback("Answer of a provider, expired", "external/expired", CallbackStep.Expired),

        TwoFactor("Second factor, code of the app", "two-factor", model => model.DeviceTrust = TimeSpan.FromDays(30)),
        TwoFactor("Second factor, wrong code", "two-factor/refused", model => model.Problem = model.Texts["TwoFactor.WrongCode"]),
        TwoFactor("Second factor, recovery code", "two-factor/recovery", model => model.Method = SecondFactorMethod.Recovery),
        TwoFactor("Second factor, code of an operator", "two-factor/operator", model => model.Method = SecondFactorMethod.Operator),
        TwoFactor("Second factor, passkey, for an app", "two-factor/passkey", model =>
        {
            (model.Method, model.Prompt, model.Pending) = (SecondFactorMethod.Passkey, Prompt, Authorization with { NeedsStepUp = true, Session = Session });
            model.Wanted = SecondFactor with { StepUp = true };
        }),
        TwoFactor("Second factor, other ways", "two-factor/other", model => model.Method = SecondFactorMethod.Other),
        TwoFactor("Second factor, expired", "two-factor/expired", model => model.Expired = true),
        GalleryState.Of<RegisterModel>("/Account/Register", "Create an account", "register", model => model.Pending = Authorization),
        GalleryState.Of<RegisterModel>("/Account/Register", "Create an account, refused", "register/refused", model =>
        {
            (model.Username, model.Email) = ("alice", "alice@acme");
            (model.UsernameProblem, model.EmailProblem) = (model.Texts["Register.UsernameTaken"], model.Texts["Register.EmailInvalid"]);
            model.PasswordProblem = PasswordWords.Of(model.Texts, new PasswordRefusal(PasswordProblem.Breached));
        }),
        GalleryState.Of<RegisterModel>("/Account/Register", "Create an account, too many", "register/throttled", model =>
            model.Problem = model.Texts["Register.Throttled", model.Texts.Duration(TimeSpan.FromMinutes(40))]),
        GalleryState.Of<RegisterModel>("/Account/Register", "Create an account, expired", "register/expired", model => model.Expired = true),
        Verify("Confirm address, code", "verify-email", VerifyStep.Code, model => model.MayResend = true),
        Verify("Confirm address, mail sent again", "verify-email/sent", VerifyStep.Code, model => (model.MayResend, model.Sent) = (true, true)),
        Verify("Confirm address, wrong code", "verify-email/refused", VerifyStep.Code, model =>
            (model.MayResend, model.Problem) = (true, model.Texts["Verify.WrongCode"])),
        Verify("Confirm address, link", "verify-email/link", VerifyStep.Link, _ => { }),
        Verify("Confirm address, another browser", "verify-email/password", VerifyStep.Password, model =>
            model.PasswordProblem = PasswordWords.Of(model.Texts, new PasswordRefusal(PasswordProblem.TooShort, 15))),
        Verify("Confirm address, done", "verify-email/done", VerifyStep.Done, _ => { }),
        Verify("Confirm address, link used", "verify-email/used", VerifyStep.Used, _ => { }),
        Verify("Confirm address, link too old", "verify-email/expired", VerifyStep.Expired, model => model.MayResend = true),
        Verify("Confirm address, link void", "verify-email/void", VerifyStep.Over, _ => { }),
        Verify("Confirm address, nothing to confirm", "verify-email/nothing", VerifyStep.Nothing, _ => { }),
        GalleryState.Of<ForgotPasswordModel>("/Account/ForgotPassword", "Forgot password", "forgot-password", _ => { }),
        GalleryState.Of<ForgotPasswordModel>("/Account/ForgotPassword", "Forgot password, no address", "forgot-password/refused", model =>
            (model.Email, model.Problem) = ("alice", model.Texts["Register.EmailInvalid"])),
        GalleryState.Of<ForgotPasswordModel>("/Account/ForgotPassword", "Forgot password, mail on its way", "forgot-password/sent", model => model.Sent = true),
        Reset("New password by link", "reset-password", OneTimeTokenStatus.Alive, _ => { }),
        Reset("New password by link, refused", "reset-password/refused", OneTimeTokenStatus.Alive, model =>
            model.PasswordProblem = PasswordWords.Of(model.Texts, new PasswordRefusal(PasswordProblem.ContextWord))),
        Reset("New password by link, done", "reset-password/done", OneTimeTokenStatus.Used, model => model.Done = true),
        Reset("New password by link, used", "reset-password/used", OneTimeTokenStatus.Used, _ => { }),
        Reset("New password by link, too old", "reset-password/expired", OneTimeTokenStatus.Expired, _ => { }),
        Reset("New password by link, void", "reset-password/void", OneTimeTokenStatus.Void, _ => { }),
        GalleryState.Of<NewPasswordModel>("/Account/NewPassword", "New password before a sign-in goes on", "new-password", model =>
            (model.Wanted, model.PasswordProblem) = (new NewPasswordRequest(Session.Username, 15), PasswordWords.Of(model.Texts, new PasswordRefusal(PasswordProblem.Breached)))),
        GalleryState.Of<PasswordModel>("/Account/Password", "Change password", "password", model => (model.MinLength, model.HasPassword) = (15, true)),
        GalleryState.Of<PasswordModel>("/Account/Password", "First password", "password/first", model => model.MinLength = 15),
        GalleryState.Of<PasswordModel>("/Account/Password", "Change password, present one wrong", "password/wrong", model =>
            (model.MinLength, model.HasPassword, model.CurrentProblem) = (15, true, model.Texts["ChangePassword.Wrong"])),
        GalleryState.Of<PasswordModel>("/Account/Password", "Change password, refused", "password/refused", model =>
            (model.MinLength, model.HasPassword, model.PasswordProblem) = (15, true, PasswordWords.Of(model.Texts, new PasswordRefusal(PasswordProblem.Repetitive)))),
        GalleryState.Of<PasswordModel>("/Account/Password", "Change password, done", "password/done", model => model.Done = true),
        Email("Change address", "email", _ => { }),
        Email("Change address, no address", "email/refused", model => (model.Email, model.Problem) = ("alice", model.Texts["Register.EmailInvalid"])),
        Email("Change address, code", "email/code", model => model.Sent = true),
        Email("Change address, done", "email/done", model => (model.Done, model.Current) = (true, "alice.new@acme.example")),
        EmailLink("Change address, link", "email/link", OneTimeTokenStatus.Alive, undo: false, done: false),
        EmailLink("Change address, link in another browser", "email/link/elsewhere", OneTimeTokenStatus.Alive, undo: false, done: false, elsewhere: true),
        EmailLink("Change address, link used", "email/link/used", OneTimeTokenStatus.Used, undo: false, done: false),
        EmailLink("Change address, link done", "email/link/done", OneTimeTokenStatus.Used, undo: false, done: true),
        EmailLink("Take a change of address back", "email/undo", OneTimeTokenStatus.Alive, undo: true, done: false),
        EmailLink("Take a change of address back, too old", "email/undo/expired", OneTimeTokenStatus.Expired, undo: true, done: false),
        EmailLink("Take a change of address back, done", "email/undo/done", OneTimeTokenStatus.Used, undo: true, done: true),
        EmailCode("Sign in by e-mail", "email-code", _ => { }),
        EmailCode("Sign in by e-mail, no address", "email-code/refused", model => (model.Email, model.Problem) = ("alice", model.Texts["Register.EmailInvalid"])),
        EmailCode("Sign in by e-mail, code", "email-code/code", model => model.Sent = true),
        EmailCode("Sign in by e-mail, wrong code", "email-code/wrong", model => (model.Sent, model.Problem) = (true, model.Texts["EmailCode.Wrong"])),
        EmailCode("Sign in by e-mail, code over", "email-code/over", model => (model.Sent, model.Problem) = (true, model.Texts["EmailCode.Over"])),
        EmailCode("Sign in by e-mail, expired", "email-code/expired", model => model.Expired = true),
        NotMe("Deny a sign-in", "not-me", model => model.Status = OneTimeTokenStatus.Alive),
        NotMe("Deny a sign-in, link used", "not-me/used", model => model.Status = OneTimeTokenStatus.Used),
        NotMe("Deny a sign-in, link too old", "not-me/expired", model => model.Status = OneTimeTokenStatus.Expired),
        NotMe("Deny a sign-in, done", "not-me/done", model =>
            (model.Denied, model.Apps) = (new DeniedSignIn(Session.SubjectId, Session.AuthTime, new Ended(2, 2)), AccountStates.Apps)),
        NotMe("Deny a sign-in, done, no app reached", "not-me/done/alone", model => model.Denied = new DeniedSignIn(Session.SubjectId, Session.AuthTime, new Ended(1, 0))),
        GalleryState.Of<PasskeyOfferModel>("/Account/PasskeyOffer", "Passkey offer", "passkey-offer", model => model.Prompt = NewPrompt),

        .. AccountStates.All,
        GalleryState.Of<SecurityModel>("/Account/Security/Index", "Security, password only", "security", _ => { }),
        GalleryState.Of<SecurityModel>("/Account/Security/Index", "Security, all set up", "security/full", model =>
            (model.Factors, model.Passkeys, model.HasProviders) = (Factors, PasskeyList, true)),
        GalleryState.Of<LinkedModel>("/Account/Security/Linked", "Connected sign-ins, none", "security/linked", model => model.Providers = OtherProviders),
        GalleryState.Of<LinkedModel>("/Account/Security/Linked", "Connected sign-ins", "security/linked/full", model =>
            (model.Logins, model.Providers, model.LastMeans) = (Logins, OtherProviders, true)),
        GalleryState.Of<AuthenticatorModel>("/Account/Security/Authenticator", "Authenticator app", "security/authenticator", model => model.SetUp = SetUp),
        GalleryState.Of<AuthenticatorModel>("/Account/Security/Authenticator", "Authenticator app, wrong code", "security/authenticator/refused", model =>
            (model.SetUp, model.Factors, model.Problem) = (SetUp, Factors, model.Texts["Authenticator.WrongCode"])),
        GalleryState.Of<AuthenticatorModel>("/Account/Security/Authenticator", "Authenticator app, password too short without it", "security/authenticator/short", model =>
            (model.SetUp, model.Factors, model.ShortPassword, model.Problem) = (SetUp, Factors, true, model.ShortPasswordProblem)),
        GalleryState.Of<RecoveryCodesModel>("/Account/Security/RecoveryCodes", "Recovery codes", "security/recovery-codes", model => model.Left = 3),
        GalleryState.Of<RecoveryCodesModel>("/Account/Security/RecoveryCodes", "Recovery codes, shown once", "security/recovery-codes/new", model => model.Codes = Codes),
        GalleryState.Of<AddPasskeyModel>("/Account/Security/AddPasskey", "Add a passkey", "security/passkeys/add", model => model.Prompt = NewPrompt),
        GalleryState.Of<AddPasskeyModel>("/Account/Security/AddPasskey", "Add a passkey, refused", "security/passkeys/add/refused", model =>
            (model.Prompt, model.Problem) = (NewPrompt, model.Texts["Passkey.NotAdded"])),
        GalleryState.Of<PasskeyModel>("/Account/Security/Passkey", "A passkey", "security/passkey", model => model.Passkey = PasskeyList[0]),
        GalleryState.Of<PasskeyModel>("/Account/Security/Passkey", "A passkey, the last means", "security/passkey/last", model =>
            (model.Passkey, model.LastMeans) = (PasskeyList[0], true)),

        Consent("Consent", "consent", Authorization with { Session = Session }),
        Consent("Consent, offline access", "consent/offline", Authorization with
        {
            Session = Session,
            Scopes = [.. Authorization.Scopes, new ConsentScope { Name = "offline_access", Emphasize = true }],
            OfflineAccess = true,
            AccessLasts = TimeSpan.FromDays(30),
        }),
        Consent("Consent, long names", "consent/long", Authorization with { Session = Session, Client = LongNames }),
        Consent("Continue to an app on this device", "consent/native", Authorization with
        {
            Session = Session,
            Client = new ClientView { Name = "Notes for Desktop", ReturnHost = "com.example.notes" },
            Scopes = [],
        }),

        GalleryState.Of<LogoutModel>("/Account/Logout", "Sign out", "logout", model =>
            (model.Pending, model.Username) = (Logout, Session.Username)),
        GalleryState.Of<LogoutModel>("/Account/Logout", "Sign out, without a client", "logout/local", model => model.Username = Session.Username),
        GalleryState.Of<LoggedOutModel>("/Account/LoggedOut", "Signed out", "logged-out", model =>
            (model.ClientName, model.ReturnUrl) = (Logout.ClientName, "https://app.acme.example/")),
        GalleryState.Of<LoggedOutModel>("/Account/LoggedOut", "Signed out, without a client", "logged-out/local", _ => { }),

        Error("Error of a request", "error", StatusCodes.Status400BadRequest, new ErrorPage
        {
            Error = OAuthError.InvalidRequest("The redirect_uri is not registered for this client."),
            ClientName = Authorization.Client.Name,
            ClientUri = Authorization.Client.Uri,
        }),
        Error("Error, unknown page", "error/404", StatusCodes.Status404NotFound, null),
        Error("Error, busy", "error/503", StatusCodes.Status503ServiceUnavailable, null),
        Error("Error, our fault", "error/500", StatusCodes.Status500InternalServerError, null),

        GalleryState.Of<StartModel>("/Index", "Start, Development", "start", model => model.Contents = Start),
        GalleryState.Of<StartModel>("/Index", "Start, Production", "start/production", model =>
            (model.Contents, model.Username) = (Start with { Development = false }, Session.Username)),
    ];

    private static GalleryState Login(string title, string path, Action<LoginModel> fill) =>
        GalleryState.Of("/Account/Login", title, path, fill);

    private static GalleryState Callback(string title, string path, CallbackStep step, bool retry = false) =>
        GalleryState.Of<CallbackModel>("/Account/External/Callback", title, path, model =>
            (model.Step, model.DisplayName, model.OtherWay, model.RetryUrl) = (step, "Contoso", "#", retry ? "#" : null));

    private static GalleryState TwoFactor(string title, string path, Action<TwoFactorModel> fill) =>
        GalleryState.Of<TwoFactorModel>("/Account/TwoFactor", title, path, model =>
        {
            (model.Wanted, model.Method, model.DeviceTrust) = (SecondFactor, SecondFactorMethod.App, TimeSpan.FromDays(30));
            fill(model);
        });

    private static GalleryState Verify(string title, string path, VerifyStep step, Action<VerifyEmailModel> fill) =>
        GalleryState.Of<VerifyEmailModel>("/Account/VerifyEmail", title, path, model =>
        {
            (model.Step, model.Username) = (step, Session.Username);
            fill(model);
        });

    private static GalleryState Reset(string title, string path, OneTimeTokenStatus status, Action<ResetPasswordModel> fill) =>
        GalleryState.Of<ResetPasswordModel>("/Account/ResetPassword", title, path, model =>
        {
            (model.Status, model.Username, model.MinLength) = (status, Session.Username, 15);
            fill(model);
        });

    private static GalleryState Email(string title, string path, Action<EmailModel> fill) =>
        GalleryState.Of<EmailModel>("/Account/Email", title, path, model =>
        {
            (model.Current, model.Confirmed) = ("alice@acme.example", true);
            fill(model);
        });

    private static GalleryState EmailLink(string title, string path, OneTimeTokenStatus status, bool undo, bool done, bool elsewhere = false) =>
        GalleryState.Of<EmailLinkModel>("/Account/EmailLink", title, path, model =>
        {
            (model.Status, model.Kind, model.Done, model.Elsewhere) = (status, undo ? "undo" : "confirm", done, elsewhere);
            (model.Username, model.Email) = (Session.Username, undo ? "alice@acme.example" : "alice.new@acme.example");
        });

    private static GalleryState EmailCode(string title, string path, Action<EmailCodeModel> fill) =>
        GalleryState.Of<EmailCodeModel>("/Account/EmailCode", title, path, fill);

    private static GalleryState NotMe(string title, string path, Action<NotMeModel> fill) => GalleryState.Of<NotMeModel>("/Account/NotMe", title, path, fill);

    private static GalleryState Consent(string title, string path, PendingAuthorization pending) =>
        GalleryState.Of<ConsentModel>("/Consent/Index", title, path, model => model.Pending = pending);

    private static GalleryState Error(string title, string path, int status, ErrorPage? problem) =>
        GalleryState.Of<ErrorModel>("/Error", title, path, model =>
        {
            model.Response.StatusCode = status;
            model.Problem = problem;
        });
}

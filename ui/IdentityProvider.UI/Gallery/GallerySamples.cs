using IdentityProvider.Accounts.Factors;
using IdentityProvider.Accounts.Passkeys;
using IdentityProvider.Accounts.SignIn;
using IdentityProvider.Accounts.Upstream;
using IdentityProvider.Protocol.Interactions;
using IdentityProvider.Protocol.Subjects;
using IdentityProvider.Protocol.Upstream;
using Microsoft.Extensions.Options;

namespace IdentityProvider.UI.Gallery;

/// <summary>Sample data of the gallery.</summary>
internal static class GallerySamples
{
    public static SubjectSession Session { get; } = new()
    {
        SessionId = Guid.Empty,
        SubjectId = Guid.Empty,
        SubjectEpoch = 0,
        Username = "alice@acme.example",
        AuthTime = DateTimeOffset.UnixEpoch,
        Now = DateTimeOffset.UnixEpoch,
        Acr = "1",
        Amr = ["pwd"],
    };

    public static PendingAuthorization Authorization { get; } = new()
    {
        Handle = "sample",
        Expired = false,
        Client = new ClientView
        {
            Name = "Acme Web",
            ReturnHost = "app.acme.example",
            Uri = "https://acme.example",
            PolicyUri = "https://acme.example/privacy",
            TosUri = "https://acme.example/terms",
        },
        AsksForAccount = false,
        NeedsSignIn = false,
        Scopes =
        [
            new ConsentScope { Name = "openid", Required = true },
            new ConsentScope { Name = "profile" },
            new ConsentScope { Name = "email" },
            new ConsentScope { Name = "calendar.read", DisplayName = "Read your calendar", Description = "Appointments of the last and the coming year" },
            new ConsentScope { Name = "payments", DisplayName = "Prepare payments", Description = "You approve each one", Emphasize = true },
        ],
        MayRemember = true,
        OfflineAccess = false,
        ContinueUrl = "/dev/pages",
        RestartUrl = "https://app.acme.example/login",
        FormActionSource = "https://app.acme.example",
    };

    public static ClientView LongNames { get; } = new()
    {
        Name = "Donaudampfschifffahrtsgesellschaft Kapitänsmützenverwaltung International",
        ReturnHost = "a-very-long-subdomain-for-the-crews-of-ships.passenger-services.donau.example",
    };

    public static PendingLogout Logout { get; } = new()
    {
        Handle = "sample",
        Expired = false,
        ClientName = "Acme Web",
        FormActionSource = "https://app.acme.example",
    };

    public static StartPageContents Start { get; } = new()
    {
        Issuer = "https://id.acme.example",
        Development = true,
        DocumentationUrl = "https://docs.acme.example/sign-in",
        Users = [new DemoUser("alice", "correct horse battery staple"), new DemoUser("bob", "another long pass phrase")],
        Clients =
        [
            new DemoClient("web", "Demo web app", "authorization code, refresh"),
            new DemoClient("spa", "Demo single-page app", "authorization code with PKCE"),
            new DemoClient("machine", "Demo service", "client credentials"),
        ],
    };

    public static IReadOnlyList<UpstreamProvider> OtherProviders { get; } = new UpstreamProviders(Options.Create(new UpstreamOptions
    {
        Providers = new Dictionary<string, UpstreamProviderOptions>
        {
            ["contoso"] = new() { Authority = "https://id.contoso.example", DisplayName = "Contoso" },
            ["google"] = new() { Preset = UpstreamPreset.Google },
            ["microsoft"] = new() { Preset = UpstreamPreset.Microsoft },
        },
    })).All;

    public static IReadOnlyList<ExternalLogin> Logins { get; } =
    [
        new()
        {
            Issuer = "https://accounts.google.com", Subject = "1", UserId = Guid.Empty, Label = "alice@gmail.example",
            CreatedAt = DateTimeOffset.UnixEpoch, LastUsedAt = DateTimeOffset.UnixEpoch.AddDays(40),
        },
        new() { Issuer = "https://id.contoso.example", Subject = "2", UserId = Guid.Empty, CreatedAt = DateTimeOffset.UnixEpoch.AddDays(9), Suspended = true },
    ];

    public static FactorState Factors { get; } = new() { TotpSince = DateTimeOffset.UnixEpoch, RecoveryCodesLeft = 8, Passkeys = 2 };

    public static SecondFactorRequest SecondFactor { get; } = new() { Username = Session.Username, StepUp = false, Factors = Factors };

    public static TotpSetUp SetUp { get; } = new(
        "JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP",
        "otpauth://totp/Acme:alice%40acme.example?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Acme",
        "sample");

    public static IReadOnlyList<string> Codes { get; } =
    [
        "k7wd-x3mp-9tqe", "2hnv-c8ra-y4gs", "f6zb-5ujt-d3kw", "p9xe-7mcq-w2hv", "t4gn-s8yd-r6bf",
        "3qzk-h5wp-v7ue", "n2cj-9fxt-a8md", "y6rs-4kbg-e5pq", "8vwh-z3dn-j7tc", "d5ma-q2xf-6ygk",
    ];

    /// <summary>No browser can answer these: the pages only have to show that it is asked.</summary>
    public static PasskeyPrompt Prompt { get; } = new("""{"challenge":"c2FtcGxl","rpId":"acme.example","allowCredentials":[],"userVerification":"required"}""", "sample");

    public static PasskeyPrompt NewPrompt { get; } = new(
        """{"rp":{"name":"acme.example","id":"acme.example"},"user":{"id":"c2FtcGxl","name":"alice","displayName":"alice"},"challenge":"c2FtcGxl","pubKeyCredParams":[{"type":"public-key","alg":-7}]}""",
        "sample");

    public static IReadOnlyList<PasskeyView> PasskeyList { get; } =
    [
        new() { Id = "c2FtcGxlLTE", Name = "Laptop", Provider = "iCloud Keychain", CreatedAt = DateTimeOffset.UnixEpoch, LastUsedAt = DateTimeOffset.UnixEpoch.AddDays(40), Synced = true },
        new() { Id = "c2FtcGxlLTI", Name = "", CreatedAt = DateTimeOffset.UnixEpoch.AddDays(2), Synced = false },
        new() { Id = "c2FtcGxlLTM", Name = "", Provider = "Google Password Manager", CreatedAt = DateTimeOffset.UnixEpoch.AddDays(3), Synced = true, Suspended = true },
    ];
}

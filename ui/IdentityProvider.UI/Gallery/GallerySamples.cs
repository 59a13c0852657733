using IdentityProvider.Protocol.Interactions;
using IdentityProvider.Protocol.Subjects;

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
        Users = [new DemoUser("alice", "correct horse battery staple"), new DemoUser("bob", "another long pass phrase")],
        Clients =
        [
            new DemoClient("web", "Demo web app", "authorization code, refresh"),
            new DemoClient("spa", "Demo single-page app", "authorization code with PKCE"),
            new DemoClient("machine", "Demo service", "client credentials"),
        ],
    };
}

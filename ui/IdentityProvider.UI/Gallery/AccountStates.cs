using IdentityProvider.Accounts.Activity;
using IdentityProvider.Accounts.Devices;
using IdentityProvider.Accounts.Profiles;
using IdentityProvider.Accounts.Sessions;
using IdentityProvider.Protocol.Consents;
using IdentityProvider.Protocol.Interactions;
using IdentityProvider.UI.Pages.Account;
using IdentityProvider.UI.Pages.Account.Activity;
using IdentityProvider.UI.Pages.Account.Apps;
using IdentityProvider.UI.Pages.Account.Data;
using IdentityProvider.UI.Pages.Account.Sessions;
using static IdentityProvider.UI.Gallery.GallerySamples;
using ActivityModel = IdentityProvider.UI.Pages.Account.Activity.IndexModel;
using AppsModel = IdentityProvider.UI.Pages.Account.Apps.IndexModel;
using DataModel = IdentityProvider.UI.Pages.Account.Data.IndexModel;
using IndexModel = IdentityProvider.UI.Pages.Account.IndexModel;
using ProfileModel = IdentityProvider.UI.Pages.Account.Profile.IndexModel;
using SessionsModel = IdentityProvider.UI.Pages.Account.Sessions.IndexModel;

namespace IdentityProvider.UI.Gallery;

/// <summary>The pages of the account.</summary>
internal static class AccountStates
{
    private static readonly PersonProfile s_profile = new()
    {
        Username = Session.Username,
        Email = Session.Username,
        EmailConfirmed = true,
        PhoneNumber = "+493012345678",
        Claims = [new("name", "Alice Example"), new("given_name", "Alice"), new("family_name", "Example"), new("birthdate", "1990-05-23"), new("department", "Print")],
        Roles = ["editor"],
    };

    private static readonly SessionSummary s_session = new()
    {
        Id = Guid.Empty,
        AuthTime = DateTimeOffset.UnixEpoch,
        Acr = "1",
        Persistent = true,
        IdleExpiresAt = DateTimeOffset.UnixEpoch,
        ExpiresAt = DateTimeOffset.UnixEpoch,
        RemoteAddress = "192.0.2.7",
        UserAgent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Firefox/140.0",
        Clients = ["web"],
    };

    private static readonly SessionSummary s_otherSession = s_session with
    {
        Id = Guid.AllBitsSet,
        RemoteAddress = "2001:db8:1234:5678:9abc:def0:1234:5678",
        UserAgent = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1",
        Clients = [],
    };

    private static readonly Dictionary<string, string> s_names = new() { ["web"] = "Acme Web" };

    internal static ConnectedAppView[] Apps { get; } =
    [
        new(
            new ConnectedApp { ClientId = "web", Scopes = [], GrantedAt = DateTimeOffset.UnixEpoch, LastUsedAt = DateTimeOffset.UnixEpoch.AddDays(40), Offline = true },
            "Acme Web",
            [new ConsentScope { Name = "openid" }, new ConsentScope { Name = "profile" }, new ConsentScope { Name = "calendar.read", DisplayName = "Read your calendar" }]),
        new(
            new ConnectedApp { ClientId = "long", Scopes = [], GrantedAt = DateTimeOffset.UnixEpoch },
            LongNames.Name,
            [new ConsentScope { Name = "openid" }]),
    ];

    private static readonly ActivityEntry[] s_activity =
    [
        new() { Id = 3, Type = "login_success", OccurredAt = DateTimeOffset.UnixEpoch.AddDays(2), RemoteAddress = "192.0.2.7", UserAgent = "Firefox" },
        new() { Id = 2, Type = "consent_withdrawn", OccurredAt = DateTimeOffset.UnixEpoch.AddDays(1), ClientId = "web", RemoteAddress = "2001:db8:1234:5678:9abc:def0:1234:5678" },
        new() { Id = 1, Type = "of_a_host", OccurredAt = DateTimeOffset.UnixEpoch, Network = "192.0.2.0/24" },
    ];

    private static readonly KnownDevice s_device = new()
    {
        Id = Guid.AllBitsSet,
        UserId = Guid.Empty,
        UserAgent = s_otherSession.UserAgent,
        RemoteAddress = "192.0.2.9",
        CreatedAt = DateTimeOffset.UnixEpoch,
        LastSeenAt = DateTimeOffset.UnixEpoch.AddDays(3),
        TrustedUntil = DateTimeOffset.UnixEpoch.AddDays(33),
    };

    public static IReadOnlyList<GalleryState> All { get; } =
    [
        GalleryState.Of<IndexModel>("/Account/Index", "Account, password only", "account", model => model.Username = Session.Username),
        GalleryState.Of<IndexModel>("/Account/Index", "Account, all set up", "account/full", model =>
            (model.Username, model.Factors, model.Passkeys, model.Latest) = (Session.Username, Factors, PasskeyList, new ActivityList(s_activity, s_names, model.Countries))),
        GalleryState.Of<ProfileModel>("/Account/Profile/Index", "Profile", "profile", model =>
        {
            model.Show(s_profile);
            model.Saved = true;
        }),
        GalleryState.Of<ProfileModel>("/Account/Profile/Index", "Profile, not accepted", "profile/refused", model =>
        {
            model.Show(s_profile);
            model.Values["website"] = "http://alice.example";
            model.Problems["website"] = model.Texts["Profile.UrlWrong", ProfileFields.MaxLength("website")];
        }),
        GalleryState.Of<SessionsModel>("/Account/Sessions/Index", "Sessions", "sessions", model =>
            (model.Sessions, model.Names, model.Devices) = ([s_session, s_otherSession], s_names, [s_device])),
        GalleryState.Of<EndModel>("/Account/Sessions/End", "End a session", "sessions/end", model => (model.Session, model.Count) = (s_otherSession, 1)),
        GalleryState.Of<EndModel>("/Account/Sessions/End", "End all other sessions", "sessions/end-others", model => model.Count = 3),
        GalleryState.Of<AppsModel>("/Account/Apps/Index", "Connected apps", "apps", model => model.Apps = Apps),
        GalleryState.Of<AppsModel>("/Account/Apps/Index", "Connected apps, none", "apps/none", _ => { }),
        GalleryState.Of<WithdrawModel>("/Account/Apps/Withdraw", "Remove an app's access", "apps/remove", model => model.App = Apps[0]),
        GalleryState.Of<ActivityModel>("/Account/Activity/Index", "Activity", "activity", model =>
            (model.List, model.Older) = (new ActivityList(s_activity, s_names, model.Countries), "/dev/pages")),
        GalleryState.Of<ActivityModel>("/Account/Activity/Index", "Activity, none", "activity/none", _ => { }),
        GalleryState.Of<ForgetModel>("/Account/Sessions/Forget", "Forget a browser", "sessions/forget", model => model.Device = s_device),
        GalleryState.Of<DataModel>("/Account/Data/Index", "Data", "data", _ => { }),
        GalleryState.Of<ExportModel>("/Account/Data/Export", "Data, download", "data/export", _ => { }),
        GalleryState.Of<DeleteModel>("/Account/Data/Delete", "Delete the account", "data/delete", _ => { }),
        GalleryState.Of<GoodbyeModel>("/Account/Data/Goodbye", "Account will be deleted", "data/goodbye", _ => { }),
        GalleryState.Of<EnrolModel>("/Account/Enrol", "A second factor is wanted", "enrol", _ => { }),
        GalleryState.Of<KeepModel>("/Account/Data/Keep", "Keep the account", "data/keep", model => model.DeleteAfter = DateTimeOffset.UnixEpoch.AddDays(14)),
    ];
}

using System.Text.Encodings.Web;
using System.Text.Json;
using IdentityProvider.Accounts.Activity;
using IdentityProvider.Accounts.Devices;
using IdentityProvider.Accounts.Factors;
using IdentityProvider.Accounts.Profiles;
using IdentityProvider.Accounts.Sessions;
using IdentityProvider.Accounts.Upstream;
using IdentityProvider.Protocol.Consents;

namespace IdentityProvider.UI.Pages.Account.Data;

/// <summary>
/// The copy of all that is stored about a person, as <c>docs/accounts.md</c> describes it. Nothing in it lets anybody in: no hashes, keys,
/// codes or handles.
/// </summary>
internal sealed class AccountExport(
    IProfileStore profiles,
    ISessionStore sessions,
    IDeviceStore devices,
    IExternalLoginStore externalLogins,
    IActivityStore activity,
    AccountSecurity security,
    ConnectedApps apps,
    TimeProvider time)
{
    private const int ActivityPage = 500;
    private const int MostActivity = 20_000;

    // A person reads it, in any script. It is downloaded, never shown as a page.
    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The file; null when the person is gone.</summary>
    public async Task<byte[]?> CreateAsync(UserSession session, CancellationToken cancellationToken)
    {
        var userId = session.UserId;
        if (await profiles.ReadAsync(userId, cancellationToken) is not { } profile)
        {
            return null;
        }

        var factors = await security.ReadAsync(session, cancellationToken);
        return JsonSerializer.SerializeToUtf8Bytes(
            new
            {
                Format = 1,
                ExportedAt = time.GetUtcNow(),
                Subject = userId,
                Profile = new
                {
                    profile.Username,
                    profile.Email,
                    profile.EmailConfirmed,
                    profile.PhoneNumber,
                    profile.PhoneNumberConfirmed,
                    Language = profile.Culture,
                    profile.CreatedAt,
                    profile.UpdatedAt,
                    profile.Roles,
                },
                Claims = profile.Claims.Select(claim => new { claim.Type, claim.Value }),
                Passkeys = (await security.ListPasskeysAsync(session, cancellationToken))
                    .Select(passkey => new { passkey.Name, passkey.CreatedAt, passkey.LastUsedAt, passkey.Synced }),
                AuthenticatorAppSince = factors.TotpSince,
                factors.RecoveryCodesLeft,
                ExternalLogins = (await externalLogins.ListAsync(userId, cancellationToken))
                    .Select(login => new { login.Issuer, login.Subject, login.Label, login.CreatedAt, login.LastUsedAt }),
                Sessions = (await sessions.ListAsync(userId, cancellationToken))
                    .Select(it => new { SignedInAt = it.AuthTime, it.ExpiresAt, it.RemoteAddress, it.UserAgent, Apps = it.Clients }),
                Devices = (await devices.ListAsync(userId, cancellationToken))
                    .Select(device => new { device.UserAgent, device.RemoteAddress, device.Country, device.CreatedAt, device.LastSeenAt, device.TrustedUntil }),
                Apps = (await apps.ListAsync(userId, cancellationToken))
                    .Select(app => new { app.App.ClientId, app.Name, app.App.Scopes, app.App.GrantedAt, app.App.LastUsedAt, app.App.Offline }),
                Activity = (await ReadActivityAsync(userId, cancellationToken))
                    .Select(entry => new { entry.Type, entry.OccurredAt, entry.ClientId, entry.RemoteAddress, entry.Network, entry.UserAgent }),
            },
            s_json);
    }

    private async Task<List<ActivityEntry>> ReadActivityAsync(Guid userId, CancellationToken cancellationToken)
    {
        var all = new List<ActivityEntry>();
        ActivityCursor? below = null;
        while (all.Count < MostActivity && await activity.ListAsync(userId, below, ActivityPage, cancellationToken) is { Count: > 0 } page)
        {
            all.AddRange(page);
            below = new ActivityCursor(page[^1].OccurredAt, page[^1].Id);
        }

        return all;
    }
}

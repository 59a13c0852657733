using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using IdentityProvider.Accounts.Events;
using IdentityProvider.Accounts.Notifications;
using IdentityProvider.Accounts.Users;
using Microsoft.AspNetCore.Http;

namespace IdentityProvider.Accounts.Throttling;

/// <summary>
/// After a hundred wrong passwords in a row (NIST SP 800-63B-4 §3.2.2) the password is no longer accepted, the right one included, where the
/// account is not known. Its owner still signs in at a known device or with a passkey, or sets a new password, and is told so by mail.
/// </summary>
internal sealed class PasswordGuard(IPasswordFailures failures, IMailOutbox mails, IAccountEvents events, TimeProvider time)
{
    internal const int Limit = 100;

    /// <summary>Names that nobody has share so many rows, so that each costs the same write as a name that somebody has.</summary>
    private const int Decoys = 256;

    /// <summary>Counts an attempt before it is checked. Zero: the password counts no more.</summary>
    public async Task<int> TakeAsync(User? user, string identifier)
    {
        var count = await failures.RaiseAsync(user?.Id ?? DecoyOf(identifier));
        return user is null ? 1 : count <= Limit ? count : 0;
    }

    /// <summary>It could not be checked.</summary>
    public Task GiveBackAsync(User? user, string identifier) => failures.LowerAsync(user?.Id ?? DecoyOf(identifier));

    /// <summary>It was right.</summary>
    public Task SucceededAsync(User user) => failures.ResetAsync(user.Id);

    /// <summary>It was wrong. The hundredth one in a row is told.</summary>
    public async Task FailedAsync(HttpContext context, User user, int count)
    {
        if (count != Limit)
        {
            return;
        }

        events.Report(
            new AccountEvent(AccountEventTypes.SuspiciousActivity) { UserId = user.Id, Detail = "password refused to unknown devices", Alarming = true }, context);
        if (user is { EmailConfirmed: true, Email: { } address })
        {
            await mails.EnqueueAsync(
                new OutgoingMail
                {
                    Template = MailTemplates.PasswordRefused,
                    To = address,
                    Culture = user.Culture,
                    Values = new Dictionary<string, string>
                    {
                        ["username"] = user.UserName ?? "",
                        ["time"] = time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
                    },
                },
                CancellationToken.None);
        }
    }

    private static Guid DecoyOf(string identifier)
    {
        var id = new byte[16];
        BinaryPrimitives.WriteInt32BigEndian(id.AsSpan(12), SHA256.HashData(Encoding.UTF8.GetBytes(identifier))[0] % Decoys);
        return new Guid(id, bigEndian: true);
    }
}

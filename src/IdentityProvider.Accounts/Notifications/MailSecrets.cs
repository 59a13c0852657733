using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;

namespace IdentityProvider.Accounts.Notifications;

/// <summary>
/// Seals what only the reader of a mail may know. The outbox is a table: whoever reads the database or a backup of it must not be able to
/// use a link that is on its way.
/// </summary>
public sealed class MailSecrets(IDataProtectionProvider protection)
{
    private readonly IDataProtector _protector = protection.CreateProtector("IdentityProvider.Mail");

    /// <summary>For <see cref="OutgoingMail.Sealed"/>.</summary>
    public string Seal(IReadOnlyDictionary<string, string> secrets) =>
        _protector.Protect(JsonSerializer.Serialize(new Dictionary<string, string>(secrets), MailJson.Default.DictionaryStringString));

    /// <summary>What was sealed; nothing for a mail without secrets.</summary>
    /// <exception cref="System.Security.Cryptography.CryptographicException">It was sealed elsewhere.</exception>
    public IReadOnlyDictionary<string, string> Open(OutgoingMail mail)
    {
        ArgumentNullException.ThrowIfNull(mail);
        return mail.Sealed is null
            ? new Dictionary<string, string>()
            : JsonSerializer.Deserialize(_protector.Unprotect(mail.Sealed), MailJson.Default.DictionaryStringString)!;
    }
}

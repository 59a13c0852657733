using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IdentityProvider.Storage.Users;

/// <summary>A means of signing in that is not accepted, though it is still there: somebody else may have added it.</summary>
internal sealed class SuspensionRow
{
    public const string Passkey = "passkey";
    public const string Totp = "totp";

    public required Guid UserId { get; init; }

    /// <summary><c>passkey</c>, <c>totp</c> or <c>external_login</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>Which one: a passkey's credential id in lower-case hexadecimal digits, an authenticator's id, or issuer and subject.</summary>
    public required string Key { get; init; }

    public required DateTimeOffset SuspendedAt { get; init; }

    public static void Configure(EntityTypeBuilder<SuspensionRow> row) =>
        row.ToTable("suspensions").HasKey(suspension => new { suspension.UserId, suspension.Kind, suspension.Key });
}

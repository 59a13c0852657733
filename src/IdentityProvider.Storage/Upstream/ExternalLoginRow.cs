using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IdentityProvider.Storage.Upstream;

/// <summary>An account at another provider that signs a person in here.</summary>
internal sealed class ExternalLoginRow
{
    /// <summary>In <c>suspensions</c>, whose key is issuer and subject with a blank between them: no issuer has one.</summary>
    public const string SuspensionKind = "external_login";

    /// <summary>The other provider's issuer identifier.</summary>
    public required string Issuer { get; init; }

    /// <summary>The account there: the <c>sub</c> claim, never an e-mail address.</summary>
    public required string Subject { get; init; }

    public required Guid UserId { get; init; }

    /// <summary>The name or address of the account there, for the person's list.</summary>
    public string? Label { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? LastUsedAt { get; init; }

    public static void Configure(EntityTypeBuilder<ExternalLoginRow> row)
    {
        row.ToTable("external_logins").HasKey(login => new { login.Issuer, login.Subject });
        row.HasIndex(login => login.UserId);
    }
}

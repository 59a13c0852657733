using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IdentityProvider.Storage.Devices;

/// <summary>A browser at which a person has signed in: it holds a cookie of its own for this account.</summary>
internal sealed class KnownDeviceRow
{
    public required Guid Id { get; init; }

    public required Guid UserId { get; init; }

    /// <summary>SHA-256 of the cookie's secret.</summary>
    public required byte[] SecretHash { get; init; }

    public string? UserAgent { get; init; }

    public string? RemoteAddress { get; init; }

    /// <summary>ISO 3166-1 alpha-2, where a GeoIP file is configured.</summary>
    public string? Country { get; init; }

    /// <summary>Failed sign-ins at this device since the last good one.</summary>
    public required int Failures { get; init; }

    /// <summary>Until when the second factor is skipped here; null: it is not.</summary>
    public DateTimeOffset? TrustedUntil { get; init; }

    /// <summary>Since when; for the list, and to tell what was trusted after a fraudulent sign-in.</summary>
    public DateTimeOffset? TrustedSince { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset LastSeenAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    public DateTimeOffset? RevokedAt { get; init; }

    public static void Configure(EntityTypeBuilder<KnownDeviceRow> row)
    {
        row.ToTable("known_devices").HasKey(device => device.Id);
        row.Property(device => device.Id).ValueGeneratedNever();
        row.HasIndex(device => device.UserId);
        row.HasIndex(device => device.ExpiresAt);
    }
}

/// <summary>A country from which a person has signed in.</summary>
internal sealed class SignInCountryRow
{
    public required Guid UserId { get; init; }

    public required string Country { get; init; }

    public required DateTimeOffset LastSeenAt { get; init; }

    public static void Configure(EntityTypeBuilder<SignInCountryRow> row) =>
        row.ToTable("sign_in_countries").HasKey(place => new { place.UserId, place.Country });
}

/// <summary>Failed passwords of an account since the last right one, from wherever (NIST SP 800-63B-4 §3.2.2).</summary>
internal sealed class PasswordFailuresRow
{
    public required Guid UserId { get; init; }

    public required int Failures { get; init; }

    public static void Configure(EntityTypeBuilder<PasswordFailuresRow> row)
    {
        row.ToTable("password_failures").HasKey(failures => failures.UserId);
        row.Property(failures => failures.UserId).ValueGeneratedNever();
    }
}

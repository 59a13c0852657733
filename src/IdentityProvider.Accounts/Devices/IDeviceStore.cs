namespace IdentityProvider.Accounts.Devices;

/// <summary>A browser at which a person has signed in.</summary>
public sealed record KnownDevice
{
    /// <summary>The row.</summary>
    public required Guid Id { get; init; }

    /// <summary>Whose. A browser that several people use is a device of each of them.</summary>
    public required Guid UserId { get; init; }

    /// <summary>The user agent of the last sign-in, shortened.</summary>
    public string? UserAgent { get; init; }

    /// <summary>The address of the last sign-in.</summary>
    public string? RemoteAddress { get; init; }

    /// <summary>The country of the last sign-in, ISO 3166-1 alpha-2; null: unknown.</summary>
    public string? Country { get; init; }

    /// <summary>The first sign-in.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The last sign-in.</summary>
    public required DateTimeOffset LastSeenAt { get; init; }

    /// <summary>Until when the second factor is skipped here; null: it never is.</summary>
    public DateTimeOffset? TrustedUntil { get; init; }
}

/// <summary>What a browser presents.</summary>
/// <param name="Id">The row.</param>
/// <param name="SecretHash">SHA-256 of its secret.</param>
public sealed record DeviceHandle(Guid Id, byte[] SecretHash);

/// <summary>From where, and with what, somebody signs in.</summary>
public sealed record DeviceVisit(string? UserAgent, string? RemoteAddress, string? Country);

/// <summary>Browsers that are known to an account. None of it is a factor: it spares trouble, and tells what is new.</summary>
public interface IDeviceStore
{
    /// <summary>The one among these that is alive and this person's; null: none is.</summary>
    Task<KnownDevice?> FindAsync(Guid userId, IReadOnlyList<DeviceHandle> presented, CancellationToken cancellationToken);

    /// <summary>Adds a device. True when it is news: the person has had others before, or the account is more than a day old.</summary>
    Task<bool> AddAsync(Guid userId, DeviceHandle device, DeviceVisit visit, TimeSpan lifetime);

    /// <summary>A sign-in at a device that is known: its failures are forgotten, and it lives on. False when it has been revoked meanwhile.</summary>
    Task<bool> NoteSignInAsync(Guid deviceId, DeviceVisit visit, TimeSpan lifetime);

    /// <summary>A failed sign-in at this device. The <paramref name="limit"/>-th one in a row revokes it, in the statement that counts it.</summary>
    Task NoteFailureAsync(Guid deviceId, int limit);

    /// <summary>The second factor is skipped here for so long. False when there is no such device alive.</summary>
    Task<bool> TrustAsync(Guid userId, Guid deviceId, TimeSpan duration);

    /// <summary>Notes a country. True when it is new for a person who has signed in from another one.</summary>
    Task<bool> NoteCountryAsync(Guid userId, string country);

    /// <summary>A person's devices that are alive, the latest first.</summary>
    Task<IReadOnlyList<KnownDevice>> ListAsync(Guid userId, CancellationToken cancellationToken);

    /// <summary>Forgets a device of this person. False when there is none.</summary>
    Task<bool> RevokeAsync(Guid userId, Guid deviceId);

    /// <summary>Forgets all devices of a person but one, if it is named. Returns their number.</summary>
    Task<int> RevokeAllAsync(Guid userId, Guid? exceptDeviceId = null);
}

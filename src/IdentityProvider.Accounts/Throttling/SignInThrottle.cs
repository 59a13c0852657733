using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Accounts.Throttling;

/// <summary>
/// Limits failed sign-ins, per account within a network and per network. An attempt is counted before it is checked and given back
/// unless it was refused: a hundred guesses at once are then a hundred, and not as many as pass before the first one has failed.
/// </summary>
internal sealed class SignInThrottle(ICounters counters, IOptions<RateLimitOptions> options)
{
    private const int V6NetworkBytes = 8;

    private readonly RateLimitOptions _options = options.Value;

    /// <summary>Counts an attempt. Not null: it must not be checked, and neither must any other before so much time has passed.</summary>
    public async Task<TimeSpan?> TakeAsync(SignInAttempt attempt)
    {
        if (!_options.Enabled)
        {
            return null;
        }

        // The account comes first: whoever goes on at a closed account must not use up what the whole network has.
        if (await ExceedsAsync(attempt.AccountKey, _options.SignInFailuresPerAccount) is { } wait)
        {
            return wait;
        }

        if (await ExceedsAsync(attempt.NetworkKey, _options.SignInFailuresPerNetwork) is { } networkWait)
        {
            await counters.LowerAsync(attempt.AccountKey);
            return networkWait;
        }

        return null;
    }

    /// <summary>The right password: the account's failures are forgotten, and this attempt was none.</summary>
    public async Task SucceededAsync(SignInAttempt attempt)
    {
        if (_options.Enabled)
        {
            await counters.ResetAsync(attempt.AccountKey);
            await counters.LowerAsync(attempt.NetworkKey);
        }
    }

    /// <summary>It could not be checked, which is not the person's failure.</summary>
    public async Task GiveBackAsync(SignInAttempt attempt)
    {
        if (_options.Enabled)
        {
            await counters.LowerAsync(attempt.AccountKey);
            await counters.LowerAsync(attempt.NetworkKey);
        }
    }

    /// <summary>
    /// The name as typed, not the account behind it, so that a name that does not exist behaves the same. Hashed: what was typed may be
    /// anything, a password included, and Redis need not know who signs in.
    /// </summary>
    public static SignInAttempt AttemptOf(IPAddress? address, string identifier)
    {
        var network = NetworkOf(address);
        var account = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identifier.Trim().ToUpperInvariant())).AsSpan(0, 16));
        return new SignInAttempt($"idp:sign-in:{network}:{account}", $"idp:sign-in:{network}");
    }

    /// <summary>A code after the first factor: whoever gets to guess it knows the password, so the account counts whatever the network.</summary>
    public static SignInAttempt CodeAttemptOf(IPAddress? address, Guid userId) =>
        new($"idp:code:{userId:N}", $"idp:sign-in:{NetworkOf(address)}");

    /// <summary>IPv6 by /64, which is what one subscriber has; IPv4 by address.</summary>
    public static string NetworkOf(IPAddress? address)
    {
        if (address is null)
        {
            return "unknown";
        }

        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4().ToString();
        }

        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address.ToString();
        }

        var bytes = address.GetAddressBytes();
        bytes.AsSpan(V6NetworkBytes).Clear();
        return $"{new IPAddress(bytes)}/64";
    }

    private async Task<TimeSpan?> ExceedsAsync(string key, int limit)
    {
        var count = await counters.RaiseAsync(key, _options.SignInWindow);
        return count.Value > limit ? count.Remaining : null;
    }
}

/// <summary>The counters of one attempt to sign in.</summary>
internal readonly record struct SignInAttempt(string AccountKey, string NetworkKey);

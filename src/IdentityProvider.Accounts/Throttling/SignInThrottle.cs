using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using IdentityProvider.Accounts.Events;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Accounts.Throttling;

/// <summary>
/// Limits failed sign-ins in layers: an account from one address, an account from everywhere, a network. An attempt is counted before it is
/// checked and given back unless it was refused: a hundred guesses at once are then a hundred, and not as many as pass before the first one
/// has failed. No layer closes an account for everybody: that would be a weapon against its owner.
/// </summary>
internal sealed class SignInThrottle(ICounters counters, IAccountEvents events, IOptions<RateLimitOptions> options)
{
    private const int V4NetworkBytes = 3;
    private const int V6NetworkBytes = 8;

    /// <summary>1 h: for how long failures in a row make the next attempt wait.</summary>
    private static readonly TimeSpan s_hour = TimeSpan.FromHours(1);

    /// <summary>From so many failures, so long: a slip of the finger costs nothing, a machine everything.</summary>
    private static readonly (long Failures, TimeSpan Wait)[] s_delays =
        [(10, TimeSpan.FromSeconds(300)), (6, TimeSpan.FromSeconds(30)), (3, TimeSpan.FromSeconds(5))];

    private readonly RateLimitOptions _options = options.Value;

    /// <summary>Counts an attempt. If it has to wait, it must not be checked, and neither must any other before so much time has passed.</summary>
    public async Task<ThrottleVerdict> TakeAsync(SignInAttempt attempt, HttpContext context)
    {
        if (!_options.Enabled)
        {
            return default;
        }

        // A closed network is looked at before anything is counted: it must not make the counters of others be forgotten, one typed name after
        // the other. Of an open one the account is counted first: whoever goes on at a closed account must not use up what the whole network has.
        if (await counters.ReadAsync(attempt.NetworkKey) is { } closed && closed.Value >= _options.SignInFailuresPerNetwork)
        {
            closed = await counters.RaiseAsync(attempt.NetworkKey, _options.SignInWindow);
            Note(closed, _options.SignInFailuresPerNetwork, attempt with { UserId = null }, "network", context);
            return new ThrottleVerdict(closed.Remaining);
        }

        var account = await counters.RaiseAsync(attempt.AccountKey, _options.SignInWindow);
        if (account.Value > _options.SignInFailuresPerAccount)
        {
            Note(account, _options.SignInFailuresPerAccount, attempt, "account from one address", context);
            return new ThrottleVerdict(account.Remaining);
        }

        if (attempt.PaceKey is { } pace && await TooSoonAsync(pace) is { } pause)
        {
            await counters.LowerAsync(attempt.AccountKey);
            return new ThrottleVerdict(pause);
        }

        var network = await counters.RaiseAsync(attempt.NetworkKey, _options.SignInWindow);
        if (network.Value > _options.SignInFailuresPerNetwork)
        {
            Note(network, _options.SignInFailuresPerNetwork, attempt with { UserId = null }, "network", context);
            await ReopenAsync(attempt);
            return new ThrottleVerdict(network.Remaining);
        }

        var suspicious = attempt.EverywhereKey is not null && network.Value > _options.SuspiciousFailuresPerNetwork;
        if (attempt.EverywhereKey is { } key)
        {
            var everywhere = await counters.RaiseAsync(key, s_hour);
            Note(everywhere, _options.SignInFailuresPerAccountAndHour, attempt, "account from everywhere", context);
            suspicious |= everywhere.Value > _options.SignInFailuresPerAccountAndHour;
        }

        return new ThrottleVerdict(Wait: null, suspicious);
    }

    /// <summary>The right password: the account's failures here are forgotten, and this attempt was none.</summary>
    public async Task SucceededAsync(SignInAttempt attempt)
    {
        if (_options.Enabled)
        {
            await counters.ResetAsync(attempt.AccountKey);
            await counters.LowerAsync(attempt.NetworkKey);
            await LowerAsync(attempt.EverywhereKey);
            if (attempt.PaceKey is { } pace)
            {
                await counters.ResetAsync(pace);
                await counters.ResetAsync(Gate(pace));
            }
        }
    }

    /// <summary>It could not be checked, which is not the person's failure.</summary>
    public async Task GiveBackAsync(SignInAttempt attempt)
    {
        if (_options.Enabled)
        {
            await ReopenAsync(attempt);
            await counters.LowerAsync(attempt.NetworkKey);
            await LowerAsync(attempt.EverywhereKey);
        }
    }

    /// <summary>
    /// The name as typed, not the account behind it, so that a name that does not exist behaves the same. Hashed: what was typed may be
    /// anything, a password included, and Redis need not know who signs in. A device that the account knows has counters of its own, which
    /// nobody else can use up; what its network may do, it shares.
    /// </summary>
    public static SignInAttempt AttemptOf(IPAddress? address, string identifier, Guid? userId = null, Guid? deviceId = null)
    {
        var network = NetworkKey(address);
        if (deviceId is { } device)
        {
            return new SignInAttempt($"idp:device:{device:N}", network) { PaceKey = $"idp:pace:{device:N}", UserId = userId };
        }

        var account = HashOf(identifier);
        var here = $"{NetworkOf(address)}:{account}";
        return new SignInAttempt($"idp:sign-in:{here}", network)
        {
            PaceKey = $"idp:pace:{here}", EverywhereKey = $"idp:account:{account}", UserId = userId,
        };
    }

    /// <summary>An answer to one challenge: whose passkey it is turns out later, and guessing one is hopeless, so only the network counts.</summary>
    public static SignInAttempt PasskeyAttemptOf(IPAddress? address, string challenge) =>
        new($"idp:passkey:{HashOf(challenge)}", NetworkKey(address));

    /// <summary>
    /// A code after the first factor: whoever gets to guess it knows the password, so the account counts whatever the network. A device that the
    /// account knows has a counter of its own.
    /// </summary>
    public static SignInAttempt CodeAttemptOf(IPAddress? address, Guid userId, Guid? deviceId) =>
        new($"idp:code:{deviceId ?? userId:N}", NetworkKey(address)) { UserId = userId };

    /// <summary>A code that is too long to be guessed, or counts its tries itself: the counter is only of this address.</summary>
    public static SignInAttempt RecoveryAttemptOf(IPAddress? address, Guid userId) =>
        new($"idp:recovery:{NetworkOf(address)}:{userId:N}", NetworkKey(address)) { UserId = userId };

    /// <summary>The present password, of somebody who is signed in and wants another one.</summary>
    public static SignInAttempt PresentPasswordAttemptOf(IPAddress? address, Guid userId) =>
        new($"idp:present:{userId:N}", NetworkKey(address)) { UserId = userId };

    /// <summary>One subscriber: an IPv4 address or an IPv6 /64.</summary>
    public static string NetworkOf(IPAddress? address) => address switch
    {
        null => "unknown",
        { IsIPv4MappedToIPv6: true } => address.MapToIPv4().ToString(),
        { AddressFamily: AddressFamily.InterNetworkV6 } => Prefix(address, V6NetworkBytes),
        _ => address.ToString(),
    };

    /// <summary>What was typed, for comparing and counting: all that leads to one account counts together.</summary>
    public static string HashOf(string identifier) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(NormalText.Key(identifier.Trim()))).AsSpan(0, 16));

    /// <summary>Neighbours count together: who rents a few addresses mostly has them side by side.</summary>
    private static string NetworkKey(IPAddress? address)
    {
        var plain = address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;
        return $"idp:sign-in:{(plain is { AddressFamily: AddressFamily.InterNetwork } ? Prefix(plain, V4NetworkBytes) : NetworkOf(plain))}";
    }

    private static string Prefix(IPAddress address, int length)
    {
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(length).Clear();
        return $"{new IPAddress(bytes)}/{length * 8}";
    }

    /// <summary>
    /// Progressive delay. The attempt that brings the failures to a threshold closes the gate behind it, and who finds it closed comes too
    /// soon: of several at once, one passes.
    /// </summary>
    private async Task<TimeSpan?> TooSoonAsync(string pace)
    {
        var failures = await counters.RaiseAsync(pace, s_hour);
        var wait = Array.Find(s_delays, delay => failures.Value >= delay.Failures).Wait;
        if (wait == TimeSpan.Zero)
        {
            return null;
        }

        var gate = await counters.RaiseAsync(Gate(pace), wait);
        if (gate.Value == 1)
        {
            return null;
        }

        await counters.LowerAsync(pace);
        return gate.Remaining;
    }

    private async Task ReopenAsync(SignInAttempt attempt)
    {
        await counters.LowerAsync(attempt.AccountKey);
        if (attempt.PaceKey is { } pace)
        {
            await counters.LowerAsync(pace);
            await counters.ResetAsync(Gate(pace));
        }
    }

    private Task LowerAsync(string? key) => key is null ? Task.CompletedTask : counters.LowerAsync(key);

    private static string Gate(string pace) => pace + ":gate";

    /// <summary>Once for each window: the attempts after it would say the same.</summary>
    private void Note(Count count, int limit, SignInAttempt attempt, string what, HttpContext context)
    {
        if (count.Value == limit + 1)
        {
            events.Report(
                new AccountEvent(AccountEventTypes.SuspiciousActivity) { UserId = attempt.UserId, Detail = $"limit of failures reached: {what}", Alarming = true }, context);
        }
    }
}

/// <summary>The counters of one attempt to sign in.</summary>
internal readonly record struct SignInAttempt(string AccountKey, string NetworkKey)
{
    /// <summary>Failures in a row, which make the next one wait.</summary>
    public string? PaceKey { get; init; }

    /// <summary>Failures at this account from wherever it is not known.</summary>
    public string? EverywhereKey { get; init; }

    /// <summary>Whose account, for the event.</summary>
    public Guid? UserId { get; init; }
}

/// <summary>Whether an attempt may be checked.</summary>
/// <param name="Wait">Not null: not before so much time has passed.</param>
/// <param name="Suspicious">It may, after it has proved that it means it.</param>
internal readonly record struct ThrottleVerdict(TimeSpan? Wait, bool Suspicious = false);

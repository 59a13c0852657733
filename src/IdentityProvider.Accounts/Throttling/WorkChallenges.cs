using System.Buffers.Binary;
using System.Buffers.Text;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using IdentityProvider.Accounts.Factors;
using IdentityProvider.Accounts.Passkeys;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;

namespace IdentityProvider.Accounts.Throttling;

/// <summary>What a page asks of a browser before an attempt is checked: to compute for a moment, or to wait.</summary>
/// <param name="Ticket">Comes back with the form.</param>
/// <param name="Puzzle">What the answer is about: SHA-256 of <c>puzzle:answer</c> has to begin with <paramref name="Bits"/> zero bits.</param>
/// <param name="Bits">How many.</param>
/// <param name="Wait">How long who cannot compute has to wait instead; null: too many wait already.</param>
public sealed record WorkChallenge(string Ticket, string Puzzle, int Bits, TimeSpan? Wait);

/// <summary>What comes back.</summary>
/// <param name="Ticket">The ticket of <see cref="WorkChallenge"/>.</param>
/// <param name="Answer">The answer; null or empty: the browser has waited.</param>
public sealed record WorkAnswer(string? Ticket, string? Answer);

/// <summary>
/// Makes an attempt cost something where an account or a network is under suspicion. A ticket is sealed, for one browser and one name, and
/// good for one attempt: it is marked in the database when it is used. It buys the right to be checked and nothing else: the attempt
/// counts like any other, so that whoever computes has no more guesses. Nobody keeps what was not answered, and no request waits.
/// </summary>
internal sealed class WorkChallenges(
    ICounters counters, IFactorStore factors, PasskeyCeremonies browsers, IDataProtectionProvider protection, TimeProvider time)
{
    /// <summary>2^17 hashes, on average: half a second of a phone, which a machine with a list of passwords has to pay for each of them.</summary>
    internal const int Bits = 17;

    private const int LongestTicket = 1024;
    private const int LongestAnswer = 32;

    /// <summary>At a time, of one network and altogether. Who waits costs us nothing, but each of them is an attempt without work.</summary>
    private const int WaitersPerNetwork = 3;
    private const int Waiters = 100;

    private static readonly TimeSpan s_wait = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_lifetime = TimeSpan.FromMinutes(10);

    private readonly IDataProtector _protector = protection.CreateProtector("proof-of-work");

    /// <summary>Asks for it.</summary>
    public async Task<WorkChallenge> IssueAsync(HttpContext context, string identifier)
    {
        var now = time.GetUtcNow();
        var mayWait = await MayWaitAsync(context);
        var ticket = _protector.Protect(JsonSerializer.Serialize(new Ticket(
            Guid.CreateVersion7(now), browsers.MarkOf(context), SignInThrottle.HashOf(identifier), mayWait ? now + s_wait : null, now + s_lifetime)));
        return new WorkChallenge(ticket, PuzzleOf(ticket), Bits, mayWait ? s_wait : null);
    }

    /// <summary>Whether it was done, for this browser and this name, and has not been used before.</summary>
    public async Task<bool> AcceptAsync(HttpContext context, string identifier, WorkAnswer? answer)
    {
        if (answer is not { Ticket: { Length: > 0 and <= LongestTicket } value } || Open(value) is not { } ticket)
        {
            return false;
        }

        var now = time.GetUtcNow();
        var done = string.IsNullOrEmpty(answer.Answer) ? ticket.NotBefore <= now : IsSolved(value, answer.Answer);

        // Marked last: a ticket that is not due yet is not used up by asking.
        return done
            && ticket.ExpiresAt > now
            && ticket.Account == SignInThrottle.HashOf(identifier)
            && ticket.Browser == browsers.MarkOf(context)
            && await factors.ConsumeChallengeAsync(ticket.Id, s_lifetime);
    }

    private async Task<bool> MayWaitAsync(HttpContext context)
    {
        var network = await counters.RaiseAsync($"idp:waiters:{SignInThrottle.NetworkOf(context.Connection.RemoteIpAddress)}", s_wait);
        return network.Value <= WaitersPerNetwork && (await counters.RaiseAsync("idp:waiters", s_wait)).Value <= Waiters;
    }

    private static bool IsSolved(string ticket, string answer) =>
        answer.Length <= LongestAnswer && LeadingZeroBits(SHA256.HashData(Encoding.UTF8.GetBytes($"{PuzzleOf(ticket)}:{answer}"))) >= Bits;

    private static int LeadingZeroBits(ReadOnlySpan<byte> hash) => BitOperations.LeadingZeroCount(BinaryPrimitives.ReadUInt32BigEndian(hash));

    private static string PuzzleOf(string ticket) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(ticket)));

    private Ticket? Open(string value)
    {
        try
        {
            return JsonSerializer.Deserialize<Ticket>(_protector.Unprotect(value));
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private sealed record Ticket(Guid Id, string Browser, string Account, DateTimeOffset? NotBefore, DateTimeOffset ExpiresAt);
}

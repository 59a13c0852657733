using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Accounts.Throttling;

/// <summary>Limits what strangers can make the server do: mails to an address, accounts from a network.</summary>
internal sealed class MailThrottle(ICounters counters, IOptions<RateLimitOptions> options)
{
    private static readonly TimeSpan s_window = TimeSpan.FromHours(1);

    private readonly RateLimitOptions _options = options.Value;

    /// <summary>Whether one more mail may go to this address. The address is hashed: Redis need not know it.</summary>
    public async Task<bool> MayMailAsync(string kind, string email) =>
        await TakeAsync($"idp:mail:{kind}:{Hash(email)}", _options.MailsPerAddress) is null;

    /// <summary>Not null: this network has to wait so long.</summary>
    public Task<TimeSpan?> TakeNetworkAsync(string kind, IPAddress? address, int limit) =>
        TakeAsync($"idp:{kind}:{SignInThrottle.NetworkOf(address)}", limit);

    private async Task<TimeSpan?> TakeAsync(string key, int limit)
    {
        if (!_options.Enabled)
        {
            return null;
        }

        var count = await counters.RaiseAsync(key, s_window);
        return count.Value > limit ? count.Remaining : null;
    }

    private static string Hash(string email) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(email.Trim().ToUpperInvariant())).AsSpan(0, 16));
}

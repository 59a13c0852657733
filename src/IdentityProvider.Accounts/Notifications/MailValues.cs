using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace IdentityProvider.Accounts.Notifications;

/// <summary>What the mails about an account name: for whom, when and from where.</summary>
internal static class MailValues
{
    public static Dictionary<string, string> Of(string? username, DateTimeOffset now, HttpContext context)
    {
        var address = context.Connection.RemoteIpAddress;
        var values = new Dictionary<string, string>
        {
            ["username"] = username ?? "",
            ["time"] = now.ToString("O", CultureInfo.InvariantCulture),
        };
        if ((address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address)?.ToString() is { } written)
        {
            values["address"] = written;
        }

        return values;
    }
}

using System.Text.RegularExpressions;
using IdentityProvider.Accounts.Notifications;
using Microsoft.Extensions.DependencyInjection;

namespace IdentityProvider.Tests.Support;

/// <summary>The mails of one address, as its owner finds them.</summary>
/// <param name="host">The server.</param>
/// <param name="address">The address.</param>
/// <param name="signIns">Only the mails about sign-ins from new places, or all but those.</param>
internal sealed partial class Mailbox(TestHost host, string address, bool signIns = false)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private int _read;

    public string Address => address;

    public IReadOnlyList<MailMessage> All =>
        [.. host.Services.GetRequiredService<DevelopmentMailbox>().Mails.Select(mail => mail.Message)
            .Where(mail => mail.To == address && mail.Subject.StartsWith("New sign-in", StringComparison.Ordinal) == signIns)];

    /// <summary>The next mail that has not been read, once it is there.</summary>
    public async Task<Mail> NextAsync()
    {
        using var limit = new CancellationTokenSource(s_patience);
        while (All.Count <= _read)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), limit.Token);
        }

        return new Mail(All[_read++]);
    }

    internal sealed partial record Mail(MailMessage Message)
    {
        public string Code => SixDigits().Match(Message.Text).Value;

        /// <summary>The address of the button, without the host.</summary>
        public string Path => new Uri(Link().Match(Message.Text).Value).PathAndQuery;

        [GeneratedRegex(@"(?<=: )\d{6}(?=\n)")]
        private static partial Regex SixDigits();

        [GeneratedRegex(@"https?://\S+/account/\S*")]
        private static partial Regex Link();
    }
}

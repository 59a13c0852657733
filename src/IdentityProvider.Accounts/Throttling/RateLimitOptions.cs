using System.ComponentModel.DataAnnotations;

namespace IdentityProvider.Accounts.Throttling;

/// <summary>Section <c>RateLimits</c>. What is counted are failures; a network is an IPv4 /24 or an IPv6 /64.</summary>
public sealed record RateLimitOptions
{
    /// <summary>True. A load or conformance run sets it to false.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>15 min, from the first failure.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan SignInWindow { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>
    /// 10 failures for one account in an hour, from wherever the account is not known. Beyond, each attempt there has to prove that it means
    /// it; a known device does not.
    /// </summary>
    [Range(1, 1000)]
    public int SignInFailuresPerAccountAndHour { get; set; } = 10;

    /// <summary>
    /// 5 failures for one account from one address (IPv6: /64): enough for typing errors. From elsewhere the account stays open, so that nobody can
    /// lock somebody else out.
    /// </summary>
    [Range(1, 1000)]
    public int SignInFailuresPerAccount { get; set; } = 5;

    /// <summary>100 failures from one network: behind one address there may be an office, or the customers of a carrier.</summary>
    [Range(1, 1_000_000)]
    public int SignInFailuresPerNetwork { get; set; } = 100;

    /// <summary>3 mails of a kind in an hour to one address; more are left out silently, so that nobody can flood somebody else.</summary>
    [Range(1, 1000)]
    public int MailsPerAddress { get; set; } = 3;

    /// <summary>30 requests in an hour from one network for a mail to set a password.</summary>
    [Range(1, 100_000)]
    public int ResetsPerNetwork { get; set; } = 30;

    /// <summary>50 failures from one network: from then on each attempt there, but those of known devices, has to prove that it means it.</summary>
    [Range(1, 1_000_000)]
    public int SuspiciousFailuresPerNetwork { get; set; } = 50;

    /// <summary>
    /// 1000 requests of apps in 5 min from one network (IPv4 /24, IPv6 /48) by people who are not signed in, and as many of one who is:
    /// each is kept until its person has come back, so it is a row that anybody can make the server write.
    /// </summary>
    [Range(1, 1_000_000)]
    public int PendingRequestsPerNetwork { get; set; } = 1000;

    /// <summary>60,000 token requests in a minute of one confidential client at one instance: a program that runs wild, not a busy app.</summary>
    [Range(1, 100_000_000)]
    public int TokenRequestsPerClient { get; set; } = 60_000;

    /// <summary>3,000 token requests in a minute of one public client from one network (IPv4 /24, IPv6 /48) at one instance.</summary>
    [Range(1, 100_000_000)]
    public int TokenRequestsPerNetwork { get; set; } = 3_000;
}

using System.ComponentModel.DataAnnotations;

namespace IdentityProvider.Accounts.SignIn;

/// <summary>Section <c>SecondFactor</c>.</summary>
public sealed record SecondFactorOptions
{
    /// <summary>
    /// 30 d: for how long a person may skip the code at a browser where they gave one. The sign-in has one factor then, and says so. Zero: a
    /// code is asked for at every sign-in.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "365.00:00:00")]
    public TimeSpan RememberDevice { get; set; } = TimeSpan.FromDays(30);
}

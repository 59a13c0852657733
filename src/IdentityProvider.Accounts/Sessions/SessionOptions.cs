using System.ComponentModel.DataAnnotations;

namespace IdentityProvider.Accounts.Sessions;

/// <summary>Section <c>Sessions</c>.</summary>
public sealed record SessionOptions : IValidatableObject
{
    /// <summary>
    /// 10 h: a working day without a second sign-in. It is written anew only when less than half of it is left, so a session may already be
    /// over when it was not used for half of this time.
    /// </summary>
    [Range(typeof(TimeSpan), "00:01:00", "365.00:00:00")]
    public TimeSpan IdleLifetime { get; set; } = TimeSpan.FromHours(10);

    /// <summary>30 d: NIST SP 800-63B-4 recommends no more at AAL1.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "365.00:00:00")]
    public TimeSpan AbsoluteLifetime { get; set; } = TimeSpan.FromDays(30);

    /// <summary>5 min: how long after a sign-in passwords, passkeys and second factors may be changed without another one.</summary>
    [Range(typeof(TimeSpan), "00:00:30", "1.00:00:00")]
    public TimeSpan PrivilegedWindow { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// False: the check-session frame of OpenID Connect Session Management needs third-party cookies, which most browsers keep back.
    /// Back-channel logout does better.
    /// </summary>
    public bool CheckSessionIframe { get; set; }

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => IdleLifetime > AbsoluteLifetime
        ? [new ValidationResult("It must not be longer than AbsoluteLifetime.", [nameof(IdleLifetime)])]
        : [];
}

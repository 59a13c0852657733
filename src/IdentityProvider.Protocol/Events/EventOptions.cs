using System.ComponentModel.DataAnnotations;

namespace IdentityProvider.Protocol.Events;

/// <summary>Section <c>Events</c>.</summary>
public sealed record EventOptions
{
    /// <summary>90 d: long enough to look back at an incident that was noticed late; these are data about people, so no longer.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "3650.00:00:00")]
    public TimeSpan Retention { get; set; } = TimeSpan.FromDays(90);
}

using System.ComponentModel.DataAnnotations;

namespace IdentityProvider.Protocol.Keys;

/// <summary>Section <c>KeyManagement</c>: the automatic life of signing keys.</summary>
public sealed record KeyManagementOptions
{
    /// <summary>90 d: how long a key signs.</summary>
    [Range(typeof(TimeSpan), "00:00:10", "3650.00:00:00")]
    public TimeSpan RotationInterval { get; set; } = TimeSpan.FromDays(90);

    /// <summary>14 d: how long a key is published before it signs; longer than any validator caches.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "365.00:00:00")]
    public TimeSpan PropagationTime { get; set; } = TimeSpan.FromDays(14);

    /// <summary>
    /// 14 d: how long a key stays published after it last signed. No token lives longer: settings and seeds that want it are refused, and
    /// what another source of clients wants is cut to it.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "365.00:00:00")]
    public TimeSpan RetentionDuration { get; set; } = TimeSpan.FromDays(14);
}

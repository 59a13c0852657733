using System.ComponentModel.DataAnnotations;

namespace IdentityProvider.Storage.Redis;

/// <summary>Section <c>Redis</c>. The connection string is <c>ConnectionStrings:Redis</c>.</summary>
public sealed record RedisOptions
{
    /// <summary>
    /// 250 ms: a hundred times what Redis needs in one data centre, and the most that the one request pays which finds it frozen.
    /// Afterwards nobody asks until it answers again.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:00:05")]
    public TimeSpan CallTimeout { get; set; } = TimeSpan.FromMilliseconds(250);
}

using System.ComponentModel.DataAnnotations;
using System.Net;

namespace IdentityProvider.Protocol.Outbound;

/// <summary>Section <c>Outbound</c>: calls of the server to addresses that clients name.</summary>
public sealed record OutboundOptions : IValidatableObject
{
    /// <summary>
    /// Networks in CIDR notation that may be called although they are not public. Empty: a client's address must never make the server
    /// call the inside of its own network. Development adds loopback.
    /// </summary>
    public IReadOnlyList<string> AllowedNetworks { get; set; } = [];

    /// <summary>10 s from the name look-up to the last byte: a client that takes longer is asked again later.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:00:30")]
    public TimeSpan TimeLimit { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>64 KiB: ten times the largest key set that is met in practice.</summary>
    [Range(1024, 1024 * 1024)]
    public int LargestResponse { get; set; } = 64 * 1024;

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        AllowedNetworks.Where(network => !IPNetwork.TryParse(network, out _))
            .Select(network => new ValidationResult($"'{network}' is not a network such as 10.0.0.0/8.", [nameof(AllowedNetworks)]));
}

using IdentityProvider.Protocol.Errors;
using Microsoft.Extensions.Logging;

namespace IdentityProvider.Protocol.Endpoints;

/// <summary>What an endpoint that clients call has refused: a line in the log that says whose request it was and why, and tags of the span.</summary>
internal sealed partial class Refusals(ILogger<Refusals> logger)
{
    public void Note(string endpoint, OAuthError error)
    {
        ProtocolSpans.Refused(error);
        Refused(endpoint, error.Code, error.Description, error.Detail, error.ClientId);
    }

    [LoggerMessage(3000, LogLevel.Information, "Refused at {Endpoint}: {Error}: {Description} {Detail} (client {ClientId})")]
    private partial void Refused(string endpoint, string error, string description, string? detail, string? clientId);
}

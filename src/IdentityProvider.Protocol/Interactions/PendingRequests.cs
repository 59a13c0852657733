using IdentityProvider.Protocol.Endpoints;
using IdentityProvider.Protocol.Subjects;
using IdentityProvider.Protocol.Tokens;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Protocol.Interactions;

/// <summary>
/// Stores requests that wait. An interaction waits for a person and belongs to the browser that started it. A parked request is a
/// cross-site POST that comes back at once as a GET of ourselves, so that Lax cookies arrive; it is bound to nothing and is then
/// treated as if it had just come.
/// </summary>
internal sealed class PendingRequests(IInteractionStore store, BrowserCookie browser, IOptions<TokenOptions> options)
{
    public const string Parameter = "interaction";

    private static readonly TimeSpan s_parkedLifetime = TimeSpan.FromMinutes(5);
    private static readonly byte[] s_nobody = [];

    /// <summary>Starts an interaction of this browser.</summary>
    /// <returns>The handle for the URL.</returns>
    public Task<string> StartAsync(HttpContext context, InteractionKind kind, string? clientId, Parameters parameters, EndedSession? ended = null) =>
        StoreAsync(kind, clientId, parameters, browser.Ensure(context), options.Value.InteractionLifetime, ended, context.RequestAborted);

    /// <summary>Parks a POST.</summary>
    /// <returns>The handle for the URL.</returns>
    public Task<string> ParkAsync(HttpContext context, InteractionKind kind, string? clientId, Parameters parameters) =>
        StoreAsync(kind, clientId, parameters, s_nobody, s_parkedLifetime, ended: null, context.RequestAborted);

    /// <summary>Finds what this browser may continue, expired or not; null when there is nothing.</summary>
    public async Task<Interaction?> FindAsync(HttpContext context, InteractionKind kind, string? handle)
    {
        if (handle is not { Length: > 0 and <= 64 })
        {
            return null;
        }

        var interaction = await store.FindAsync(Handles.Hash(handle), context.RequestAborted);
        return interaction is not null && interaction.Kind == kind && (IsParked(interaction) || browser.Matches(context, interaction.BrowserHash))
            ? interaction
            : null;
    }

    public static bool IsParked(Interaction interaction) => interaction.BrowserHash.Length == 0;

    private async Task<string> StoreAsync(
        InteractionKind kind,
        string? clientId,
        Parameters parameters,
        byte[] browserHash,
        TimeSpan lifetime,
        EndedSession? ended,
        CancellationToken cancellationToken)
    {
        var handle = Handles.Create();
        await store.CreateAsync(
            new NewInteraction
            {
                HandleHash = Handles.Hash(handle),
                BrowserHash = browserHash,
                Kind = kind,
                ClientId = clientId,
                Parameters = parameters.ToJson(),
                Ended = ended,
                Lifetime = lifetime,
            },
            cancellationToken);
        return handle;
    }
}

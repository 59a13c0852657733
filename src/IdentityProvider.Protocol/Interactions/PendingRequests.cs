using IdentityProvider.Protocol.Endpoints;
using IdentityProvider.Protocol.Endpoints.Authorization;
using IdentityProvider.Protocol.Endpoints.EndSession;
using IdentityProvider.Protocol.Errors;
using IdentityProvider.Protocol.Subjects;
using IdentityProvider.Protocol.Tokens;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Protocol.Interactions;

/// <summary>
/// Stores requests that wait. An interaction waits for a person and belongs to the browser that started it. A parked request is a
/// cross-site POST that comes back at once as a GET of ourselves, so that Lax cookies arrive; it is bound to nothing and is then
/// treated as if it had just come. Anybody can make us store one, so only what the protocol reads is kept, of limited length, and
/// a person, or the strangers of one network, can leave so many.
/// </summary>
internal sealed class PendingRequests(IInteractionStore store, IPendingLimit limit, BrowserCookie browser, IOptions<TokenOptions> options)
{
    public const string Parameter = "interaction";

    /// <summary>The longest ID token, the longest claims and the longest state, and some.</summary>
    private const int LongestParked = 32 * 1024;

    private static readonly TimeSpan s_parkedLifetime = TimeSpan.FromMinutes(5);
    private static readonly byte[] s_nobody = [];

    /// <summary>Starts an interaction of this browser. Its person has a limit; without a session, its network.</summary>
    /// <returns>The handle for the URL.</returns>
    public async Task<Result<string>> StartAsync(HttpContext context, InteractionKind kind, string? clientId, Parameters parameters, SubjectSession? session)
    {
        if (await limit.TakeAsync(context, session?.SubjectId) is { } wait)
        {
            return OAuthError.TooManyRequests(wait);
        }

        return await StoreAsync(kind, clientId, parameters, browser.Ensure(context), options.Value.InteractionLifetime, ended: null, context.RequestAborted);
    }

    /// <summary>Keeps a logout that is done for the page that says so.</summary>
    /// <returns>The handle for the URL.</returns>
    public Task<string> KeepAsync(HttpContext context, string? clientId, Parameters parameters, EndedSession? ended) => StoreAsync(
        InteractionKind.EndSession, clientId, parameters, browser.Ensure(context), options.Value.InteractionLifetime, ended, context.RequestAborted);

    /// <summary>Parks a POST.</summary>
    /// <returns>The handle for the URL.</returns>
    public async Task<Result<string>> ParkAsync(HttpContext context, InteractionKind kind, string? clientId, Parameters parameters)
    {
        if (parameters.Only(NamesOf(kind)).Length > LongestParked)
        {
            return OAuthError.InvalidRequest($"The parameters are longer than {LongestParked} characters in all.");
        }

        if (await limit.TakeAsync(context, subjectId: null) is { } wait)
        {
            return OAuthError.TooManyRequests(wait);
        }

        return await StoreAsync(kind, clientId, parameters, s_nobody, s_parkedLifetime, ended: null, context.RequestAborted);
    }

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

    private static IReadOnlyCollection<string> NamesOf(InteractionKind kind) =>
        kind == InteractionKind.Authorize ? AuthorizationRequestRules.Names : LogoutRequests.Names;

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
                Parameters = parameters.Only(NamesOf(kind)).ToJson(),
                Ended = ended,
                Lifetime = lifetime,
            },
            cancellationToken);
        return handle;
    }
}

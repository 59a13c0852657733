using IdentityProvider.Protocol.Grants;

namespace IdentityProvider.Storage.Tests.Grants.Model;

/// <summary>One operation as it went: what was presented, and what was answered.</summary>
/// <param name="Id">Names the successor that a presentation brought.</param>
/// <param name="Operation">What was asked for.</param>
/// <param name="Generation">Of a presentation: of the token.</param>
/// <param name="Network">Of a presentation: from where.</param>
/// <param name="Answer">The verdict, and whose successor was handed out.</param>
/// <param name="At">The database's clock, plus what the script has waited.</param>
internal sealed record Event(int Id, Operation Operation, int Generation, string Network, string Answer, DateTimeOffset At)
{
    /// <summary>The answer that a crash swallowed.</summary>
    public const string Unheard = "unheard";

    /// <summary>Half of the introspections ask about a token that nobody revokes: each is one look, so that nothing can come between.</summary>
    public static bool IsOfAnotherToken(int id) => id % 2 == 0;
}

/// <summary>
/// The table of verdicts once more, as simply as it can be said, and without a thought of how a database does it. A family has one
/// successor per generation, ever, and one cause of death.
/// </summary>
internal sealed record FamilyModel
{
    public static readonly TimeSpan RetryWindow = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan LostResponseWindow = TimeSpan.FromSeconds(590);
    public static readonly TimeSpan DoubleSubmitWindow = TimeSpan.FromSeconds(30);
    private const int RetriesElsewhereADay = 3;

    public int Generation { get; init; } = RefreshPresentation.FirstGeneration;

    /// <summary>Whose successor the newest generation is.</summary>
    public int Winner { get; init; }

    public DateTimeOffset RotatedAt { get; init; }

    /// <summary>Only a client that stops to rotate can use the newest token and keep it.</summary>
    public bool NewestUsed { get; init; }

    /// <summary>When the code gave this family.</summary>
    public DateTimeOffset RedeemedAt { get; init; }

    /// <summary>The access token that <see cref="OperationKind.RevokeAccessToken"/> is about.</summary>
    public bool AccessTokenRevoked { get; init; }

    public string? Network { get; init; }

    public int RetriesElsewhere { get; init; }

    public DateTimeOffset? RetriesSince { get; init; }

    public bool LateRetrySpent { get; init; }

    public string? CauseOfDeath { get; init; }

    /// <summary>The family after this, and what must have been answered.</summary>
    public (FamilyModel After, string Answer) Apply(Event happened, Script script) => happened.Operation.Kind switch
    {
        OperationKind.Present when happened.Operation.Crash == Crash.Before => (this, Event.Unheard),
        OperationKind.Present when happened.Operation.Crash == Crash.After => (Present(happened, script).After, Event.Unheard),
        OperationKind.Present => Present(happened, script),
        OperationKind.Replay => Replay(happened, script),
        OperationKind.Introspect => (this, $"{CauseOfDeath is null && (Event.IsOfAnotherToken(happened.Id) || !AccessTokenRevoked)}"),
        OperationKind.RevokeAccessToken => (this with { AccessTokenRevoked = true }, ""),
        OperationKind.Logout when !script.EndsWithSession => (this, ""),
        var end => (this with { CauseOfDeath = CauseOfDeath ?? end.ToString() }, ""),
    };

    /// <summary>The code comes again: from its client, which may have pressed twice, or from somebody without the verifier.</summary>
    private (FamilyModel, string) Replay(Event it, Script script)
    {
        if (it.Operation.Fault != Fault.None)
        {
            return (this, nameof(CodeVerdict.WrongVerifier));
        }

        return script.Authenticated && it.At - RedeemedAt < DoubleSubmitWindow
            ? (this, nameof(CodeVerdict.DoubleSubmit))
            : (this with { CauseOfDeath = CauseOfDeath ?? "replay" }, nameof(CodeVerdict.Replayed));
    }

    private (FamilyModel After, string Answer) Present(Event it, Script script)
    {
        var generationsBack = Generation - it.Generation;
        if (it.Operation.Fault == Fault.Client)
        {
            return (this, nameof(RefreshVerdict.WrongClient));
        }

        // Older generations prove themselves by their MAC, which is not the store's business.
        if (it.Operation.Fault == Fault.Secret && generationsBack <= 1)
        {
            return (this, nameof(RefreshVerdict.Unknown));
        }

        if (CauseOfDeath is not null)
        {
            return (this, nameof(RefreshVerdict.Dead));
        }

        if (script.HeldToDevice && Network is not null && Network != it.Network)
        {
            return (this, nameof(RefreshVerdict.WrongDevice));
        }

        if (it.Operation.Fault == Fault.Scope)
        {
            return (this, nameof(RefreshVerdict.InvalidScope));
        }

        if (it.Operation.Fault == Fault.Resource)
        {
            return (this, nameof(RefreshVerdict.InvalidTarget));
        }

        if (generationsBack == 0 && it.Operation.Keeps)
        {
            return (this with { NewestUsed = true, Network = it.Network }, nameof(RefreshVerdict.Reused));
        }

        if (generationsBack == 0)
        {
            var rotated = this with
            {
                Generation = Generation + 1, NewestUsed = false, Winner = it.Id, RotatedAt = it.At, Network = it.Network, LateRetrySpent = false,
            };
            return (rotated, $"{RefreshVerdict.Rotated} {it.Id}");
        }

        var age = it.At - RotatedAt;
        if (generationsBack > 1 || NewestUsed)
        {
            return age < RetryWindow
                ? (this, nameof(RefreshVerdict.Stale))
                : (this with { CauseOfDeath = "reuse" }, nameof(RefreshVerdict.ReuseDetected));
        }

        if (age < RetryWindow)
        {
            return Network == it.Network ? (this, $"{RefreshVerdict.Retried} {Winner}") : RetryElsewhere(it.At);
        }

        return script.Authenticated && !LateRetrySpent && age < LostResponseWindow
            ? (this with { LateRetrySpent = true }, $"{RefreshVerdict.RetriedLate} {Winner}")
            : (this, nameof(RefreshVerdict.LateUnbound));
    }

    private (FamilyModel, string) RetryElsewhere(DateTimeOffset now)
    {
        var anew = RetriesSince is not { } since || now - since >= TimeSpan.FromHours(24);
        if (!anew && RetriesElsewhere == RetriesElsewhereADay)
        {
            return (this with { CauseOfDeath = "reuse" }, nameof(RefreshVerdict.ReuseDetected));
        }

        var counted = this with { RetriesElsewhere = anew ? 1 : RetriesElsewhere + 1, RetriesSince = anew ? now : RetriesSince };
        return (counted, $"{RefreshVerdict.RetriedElsewhere} {Winner}");
    }
}

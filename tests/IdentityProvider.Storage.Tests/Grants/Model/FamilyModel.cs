using IdentityProvider.Protocol.Grants;

namespace IdentityProvider.Storage.Tests.Grants.Model;

/// <summary>One operation as it went: what was presented, and what was answered.</summary>
/// <param name="Id">Names the successor that a presentation brought.</param>
/// <param name="Operation">What was asked for.</param>
/// <param name="Generation">Of a presentation: of the token.</param>
/// <param name="Network">Of a presentation: from where.</param>
/// <param name="Answer">The verdict, and whose successor was handed out.</param>
/// <param name="At">The database's clock, plus what the script has waited.</param>
internal sealed record Event(int Id, Operation Operation, int Generation, string Network, string Answer, DateTimeOffset At);

/// <summary>
/// The table of verdicts once more, as simply as it can be said, and without a thought of how a database does it. A family has one
/// successor per generation, ever, and one cause of death.
/// </summary>
internal sealed record FamilyModel
{
    public static readonly TimeSpan RetryWindow = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan LostResponseWindow = TimeSpan.FromSeconds(590);
    private const int RetriesElsewhereADay = 3;

    public int Generation { get; init; } = RefreshPresentation.FirstGeneration;

    /// <summary>Whose successor the newest generation is.</summary>
    public int Winner { get; init; }

    public DateTimeOffset RotatedAt { get; init; }

    public string? Network { get; init; }

    public int RetriesElsewhere { get; init; }

    public DateTimeOffset? RetriesSince { get; init; }

    public bool LateRetrySpent { get; init; }

    public string? CauseOfDeath { get; init; }

    /// <summary>The family after this, and what must have been answered.</summary>
    public (FamilyModel After, string Answer) Apply(Event happened, Script script) => happened.Operation.Kind switch
    {
        OperationKind.Present => Present(happened, script),
        OperationKind.Logout when !script.EndsWithSession => (this, ""),
        var end => (this with { CauseOfDeath = CauseOfDeath ?? end.ToString() }, ""),
    };

    private (FamilyModel, string) Present(Event it, Script script)
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

        if (generationsBack == 0)
        {
            var rotated = this with { Generation = Generation + 1, Winner = it.Id, RotatedAt = it.At, Network = it.Network, LateRetrySpent = false };
            return (rotated, $"{RefreshVerdict.Rotated} {it.Id}");
        }

        var age = it.At - RotatedAt;
        if (generationsBack > 1)
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

using System.Globalization;

namespace IdentityProvider.Storage.Tests.Grants.Model;

internal enum OperationKind
{
    Present,
    Replay,
    Introspect,
    RevokeAccessToken,
    Revoke,
    Logout,
    Lock,
    DisableClient,
    Wait,
}

internal enum Fault
{
    None,
    Client,
    Secret,
    Scope,
    Resource,
}

/// <summary>When the instance dies that serves a presentation: before its statement, or after its commit. Nobody hears an answer.</summary>
internal enum Crash
{
    None,
    Before,
    After,
}

/// <summary>One thing that somebody does.</summary>
/// <param name="Kind">What.</param>
/// <param name="Back">Of a presentation: how many generations before the newest one that the client knows.</param>
/// <param name="Fault">Of a presentation: what is wrong with it.</param>
/// <param name="Elsewhere">Of a presentation: from another network than usual.</param>
/// <param name="ReplyLost">Of a presentation: the client never reads the answer, so it learns no successor from it.</param>
/// <param name="Seconds">Of a wait.</param>
/// <param name="Keeps">Of a presentation: the client does not rotate (now).</param>
/// <param name="Crash">Of a presentation.</param>
internal sealed record Operation(
    OperationKind Kind, int Back = 0, Fault Fault = Fault.None, bool Elsewhere = false, bool ReplyLost = false, int Seconds = 0, bool Keeps = false, Crash Crash = Crash.None)
{
    public override string ToString() => Kind switch
    {
        OperationKind.Present => string.Concat(
            "present newest", Back == 0 ? "" : $"-{Back}", Fault == Fault.None ? "" : $", wrong {Fault}", Elsewhere ? ", elsewhere" : "", ReplyLost ? ", reply lost" : "", Keeps ? ", not rotating" : "",
            Crash == Crash.None ? "" : $", crash {Crash}"),
        OperationKind.Wait => $"wait {Seconds} s",
        _ => Kind.ToString(),
    };
}

/// <summary>Steps one after the other; the operations of a step all at once, over the instances in turn.</summary>
internal sealed record Script(bool Authenticated, bool HeldToDevice, bool EndsWithSession, IReadOnlyList<IReadOnlyList<Operation>> Steps)
{
    /// <summary>Multiples of 20 s, so that no age comes near a window's end but by minutes of real time.</summary>
    private static readonly int[] s_waits = [20, 40, 620, 90_000];

    public int Operations => Steps.Sum(step => step.Count);

    public static Script Generate(ulong seed)
    {
        var dice = new Dice(seed);
        var steps = new List<IReadOnlyList<Operation>>();

        // One of four clients never rotates, one is switched now and then.
        var (habit, keeps) = (dice.Next(4), false);
        for (var i = 3 + dice.Next(12); i > 0; i--)
        {
            steps.Add(dice.Next(5) == 0
                ? [new Operation(OperationKind.Wait, Seconds: s_waits[dice.Next(s_waits.Length)])]
                : [.. Enumerable.Range(0, 1 + Math.Min(dice.Next(5), dice.Next(5))).Select(_ => Any(dice, keeps))]);
            keeps = habit == 0 || (habit == 1 && dice.Next(3) == 0);
        }

        // Whatever has happened: is what the client holds alive, unless it has a cause of death?
        steps.Add([new Operation(OperationKind.Present), new Operation(OperationKind.Introspect)]);
        return new Script(dice.Next(2) == 0, dice.Next(4) == 0, dice.Next(2) == 0, steps);
    }

    /// <summary>Every script that is one step, or one operation of a step, shorter.</summary>
    public IEnumerable<Script> Shorter()
    {
        for (var i = 0; i < Steps.Count; i++)
        {
            yield return this with { Steps = [.. Steps.Where((_, index) => index != i)] };
        }

        for (var i = 0; i < Steps.Count; i++)
        {
            for (var j = 0; j < Steps[i].Count && Steps[i].Count > 1; j++)
            {
                yield return this with
                {
                    Steps = [.. Steps.Select((step, index) => index == i ? [.. step.Where((_, operation) => operation != j)] : step)],
                };
            }
        }
    }

    public override string ToString() => string.Join(
        Environment.NewLine,
        [
            $"authenticated {Authenticated}, held to device {HeldToDevice}, ends with session {EndsWithSession}",
            .. Steps.Select((step, index) => string.Create(CultureInfo.InvariantCulture, $"{index + 1}. {string.Join(" | ", step)}")),
        ]);

    private static Operation Any(Dice dice, bool keeps) => dice.Next(100) switch
    {
        < 3 => new Operation(OperationKind.Revoke),
        < 6 => new Operation(OperationKind.Logout),
        < 8 => new Operation(OperationKind.Lock),
        < 9 => new Operation(OperationKind.DisableClient),
        < 12 => new Operation(OperationKind.Replay, Fault: dice.Next(2) == 0 ? Fault.Secret : Fault.None),
        < 22 => new Operation(OperationKind.Introspect),
        < 24 => new Operation(OperationKind.RevokeAccessToken),
        _ => new Operation(
            OperationKind.Present,
            Back: Math.Min(dice.Next(4), dice.Next(4)),
            Fault: dice.Next(8) == 0 ? (Fault)(1 + dice.Next(4)) : Fault.None,
            Elsewhere: dice.Next(6) == 0,
            ReplyLost: dice.Next(5) == 0,
            Keeps: keeps,
            Crash: dice.Next(10) == 0 ? (Crash)(1 + dice.Next(2)) : Crash.None),
    };

    /// <summary>SplitMix64: the same script for the same seed, everywhere.</summary>
    private sealed class Dice(ulong seed)
    {
        private ulong _state = seed;

        public int Next(int sides)
        {
            _state += 0x9E3779B97F4A7C15;
            var mixed = (_state ^ (_state >> 30)) * 0xBF58476D1CE4E5B9;
            mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
            return (int)((mixed ^ (mixed >> 31)) % (ulong)sides);
        }
    }
}

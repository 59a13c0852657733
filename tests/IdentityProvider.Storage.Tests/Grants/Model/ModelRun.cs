using IdentityProvider.Protocol.Grants;
using IdentityProvider.Storage.Grants;
using IdentityProvider.Storage.Tests.Databases;
using Microsoft.EntityFrameworkCore;

namespace IdentityProvider.Storage.Tests.Grants.Model;

/// <summary>
/// One script on a real store. After each step, some order of what happened at once must explain every answer (linearizability): the
/// model goes on with each state that such an order leads to.
/// </summary>
internal sealed class ModelRun(TestDatabase database, IReadOnlyList<IGrantStore> instances, Script script)
{
    private const string Home = "192.0.2.0/24";
    private const string Elsewhere = "198.51.100.0/24";

    private readonly List<RefreshPresentation> _known = [];
    private readonly Dictionary<string, (int Id, RefreshPresentation Token)> _bySealedSuccessor = [];
    private TimeSpan _waited;
    private int _lastId;
    private CodePresentation _code = null!;
    private AccessTokenReference _accessToken = null!;

    /// <summary>Null: the model explains everything.</summary>
    public async Task<string?> FindFlawAsync()
    {
        var scene = await Scene.CreateAsync(database);
        _code = await scene.IssueAsync(code => code with { EndsWithSession = script.EndsWithSession }) with
        {
            ClientAuthenticated = script.Authenticated,
            DoubleSubmitWindow = FamilyModel.DoubleSubmitWindow,
        };
        var redeemed = await scene.Grants.RedeemCodeAsync(_code);
        _accessToken = new AccessTokenReference(_code.GrantId, Scene.Bytes(), scene.ClientId);
        _known.Add(scene.FirstTokenOf(_code) with
        {
            ClientAuthenticated = script.Authenticated,
            RequireSameDevice = script.HeldToDevice,
            RetryWindow = FamilyModel.RetryWindow,
            LostResponseWindow = FamilyModel.LostResponseWindow,
        });
        IReadOnlyCollection<FamilyModel> possible = [new FamilyModel { RedeemedAt = redeemed.Now }];
        foreach (var (index, step) in script.Steps.Index())
        {
            if (step is [{ Kind: OperationKind.Wait } wait])
            {
                await WaitAsync(TimeSpan.FromSeconds(wait.Seconds));
                continue;
            }

            var happened = AtOnce(scene, step);
            var next = possible.SelectMany(state => Explain(state, happened)).ToHashSet();
            if (next.Count == 0)
            {
                return $"Step {index + 1}: no order explains {string.Join("; ", happened.Select(it => $"[{it.Operation}: '{it.Answer}']"))} after {string.Join(" or ", possible)}";
            }

            possible = next;
        }

        return null;
    }

    /// <summary>The states that orders of these events lead to, of which every answer is the model's.</summary>
    private IEnumerable<FamilyModel> Explain(FamilyModel state, Event[] happened)
    {
        if (happened.Length == 0)
        {
            return [state];
        }

        return happened.SelectMany(first =>
        {
            var (after, answer) = state.Apply(first, script);
            return answer == first.Answer ? Explain(after, [.. happened.Where(it => it != first)]) : [];
        });
    }

    private Event[] AtOnce(Scene scene, IReadOnlyList<Operation> step)
    {
        // Each is fixed before the first one begins, since that may teach the client a new token.
        var prepared = step.Select(operation => (Operation: operation, Id: ++_lastId, Token: Presentation(operation))).ToArray();
        var learnt = new List<RefreshPresentation>();
        var events = new Event[step.Count];
        using var barrier = new Barrier(step.Count);
        var threads = prepared.Select((it, index) => new Thread(() =>
        {
            barrier.SignalAndWait();
            events[index] = Do(scene, instances[it.Id % instances.Count], it.Operation, it.Id, it.Token, learnt);
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        foreach (var token in learnt.Where(token => token.Generation == _known[^1].Generation + 1))
        {
            _known.Add(token);
        }

        return events;
    }

    private RefreshPresentation Presentation(Operation operation)
    {
        var token = _known[Math.Max(0, _known.Count - 1 - operation.Back)] with { Network = operation.Elsewhere ? Elsewhere : Home };
        var presented = operation.Fault switch
        {
            Fault.Client => token with { ClientId = "another" },
            Fault.Secret => token with { SecretHash = Scene.Bytes() },
            Fault.Scope => token with { Scopes = ["admin"] },
            Fault.Resource => token with { Resources = ["https://another.example"] },
            _ => token,
        };
        presented = presented with { Rotate = !operation.Keeps, SuccessorHash = Scene.Bytes(), SealedSuccessor = Scene.Bytes() };
        _bySealedSuccessor.Add(Convert.ToHexString(presented.SealedSuccessor), (_lastId, Scene.Successor(presented)));
        return presented;
    }

    private Event Do(Scene scene, IGrantStore store, Operation operation, int id, RefreshPresentation token, List<RefreshPresentation> learnt)
    {
        try
        {
            if (operation.Kind == OperationKind.Replay)
            {
                var presented = _code with { GrantId = Scene.Id(), VerifierChallenge = operation.Fault == Fault.None ? _code.VerifierChallenge : "another" };
                var redemption = store.RedeemCodeAsync(presented).GetAwaiter().GetResult();
                return new Event(id, operation, 0, "", redemption.Verdict.ToString(), redemption.Now + _waited);
            }

            if (operation.Kind == OperationKind.Introspect)
            {
                var reference = _accessToken with { TokenId = Event.IsOfAnotherToken(id) ? Scene.Bytes() : _accessToken.TokenId };
                var status = store.CheckAccessTokenAsync(reference, withSubject: true, CancellationToken.None).GetAwaiter().GetResult();
                return new Event(id, operation, 0, "", $"{status is not null}", default);
            }

            if (operation.Crash == Crash.Before)
            {
                return new Event(id, operation, token.Generation, token.Network, Event.Unheard, default);
            }

            if (operation.Kind != OperationKind.Present)
            {
                End(scene, store, operation.Kind, token.FamilyId).GetAwaiter().GetResult();
                return new Event(id, operation, 0, "", "", Scene.Ago(TimeSpan.Zero) + _waited);
            }

            var outcome = store.RefreshAsync(token).GetAwaiter().GetResult();
            var answer = outcome.Verdict.ToString();
            if (outcome.Accepted && outcome.Verdict != RefreshVerdict.Reused)
            {
                var given = _bySealedSuccessor[Convert.ToHexString(outcome.SealedSuccessor ?? token.SealedSuccessor)];
                answer += $" {given.Id}";
                if (!operation.ReplyLost && operation.Crash == Crash.None)
                {
                    lock (learnt)
                    {
                        learnt.Add(given.Token);
                    }
                }
            }

            return new Event(
                id, operation, token.Generation, token.Network, operation.Crash == Crash.None ? answer : Event.Unheard, outcome.Now + _waited);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return new Event(id, operation, token.Generation, token.Network, exception.ToString(), default);
        }
    }

    private Task End(Scene scene, IGrantStore store, OperationKind kind, Guid familyId) => kind switch
    {
        OperationKind.RevokeAccessToken => store.RevokeAccessTokenAsync(_accessToken, Scene.Ago(TimeSpan.FromDays(-1))),
        OperationKind.Revoke => store.RevokeGrantAsync(familyId, scene.ClientId, "revoked"),
        OperationKind.Logout => scene.EndSessionAsync(),
        OperationKind.Lock => scene.RaiseEpochAsync(),
        _ => scene.DisableClientAsync(),
    };

    /// <summary>The database's clock decides, so time passes by moving what the row says.</summary>
    private async Task WaitAsync(TimeSpan time)
    {
        _waited += time;
        await using var context = database.Context();
        var id = _known[0].FamilyId;
        var row = await context.Set<GrantRow>().AsNoTracking().SingleAsync(it => it.Id == id);
        var (rotatedAt, retriesSince) = (row.RotatedAt - time, row.RetriesSince - time);
        await context.Set<GrantRow>().Where(it => it.Id == id).ExecuteUpdateAsync(
            it => it.SetProperty(grant => grant.RotatedAt, rotatedAt).SetProperty(grant => grant.RetriesSince, retriesSince));
        var codes = context.Set<AuthorizationCodeRow>().Where(it => it.CodeHash == _code.CodeHash);
        var redeemedAt = (await codes.AsNoTracking().SingleAsync()).RedeemedAt - time;
        await codes.ExecuteUpdateAsync(it => it.SetProperty(code => code.RedeemedAt, redeemedAt));
    }
}

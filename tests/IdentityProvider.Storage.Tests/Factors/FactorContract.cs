using System.Security.Cryptography;
using System.Text;
using IdentityProvider.Accounts.Events;
using IdentityProvider.Accounts.Factors;
using IdentityProvider.Accounts.Transitions;
using IdentityProvider.Accounts.Users;
using IdentityProvider.Storage.Events;
using IdentityProvider.Storage.Factors;
using IdentityProvider.Storage.Tests.Databases;
using IdentityProvider.Storage.Tests.Grants;
using IdentityProvider.Storage.Users;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace IdentityProvider.Storage.Tests.Factors;

public abstract class FactorContract(TestDatabase database)
{
    private const int Presentations = 20;

    private IFactorStore Factors => database.Get<IFactorStore>();

    [Fact]
    public async Task What_is_set_up_is_read_at_once()
    {
        var user = await CreateUserAsync();
        Assert.Equal(new FactorState(), await ReadAsync(user));

        await Factors.SaveTotpAsync(user, 0, new TotpAuthenticator(Scene.Id(), [1, 2, 3]), step: 7);
        await Factors.ReplaceRecoveryCodesAsync(user, 0, ["one", "two"]);
        await Factors.DeclinePasskeyOfferAsync(user);
        await Factors.DeclinePasskeyOfferAsync(user);

        var state = await ReadAsync(user);
        Assert.Equal((2, 0, true), (state.RecoveryCodesLeft, state.Passkeys, state.PasskeyOfferDeclined));
        Assert.InRange(state.TotpSince!.Value, Scene.Ago(TimeSpan.FromMinutes(1)), Scene.Ago(TimeSpan.FromMinutes(-1)));
    }

    [Fact]
    public async Task A_secret_comes_back_and_is_sealed_at_rest()
    {
        var user = await CreateUserAsync();
        var stored = new TotpAuthenticator(Scene.Id(), Scene.Bytes());
        await Factors.SaveTotpAsync(user, 0, stored, step: 1);

        var found = (await Factors.FindTotpAsync(user, CancellationToken.None))!;
        Assert.Equal(stored.Id, found.Id);
        Assert.Equal(stored.Secret, found.Secret);
        await using var context = database.Context();
        var row = await context.Set<TotpRow>().SingleAsync(totp => totp.UserId == user);
        Assert.True(row.SealedSecret.AsSpan().IndexOf(stored.Secret.AsSpan(0, 8)) < 0);
        Assert.Null(await Factors.FindTotpAsync(Scene.Id(), CancellationToken.None));
    }

    [Fact]
    public async Task A_time_step_is_used_once_and_with_it_all_before_it()
    {
        var user = await CreateUserAsync();
        var authenticator = new TotpAuthenticator(Scene.Id(), [1]);
        await Factors.SaveTotpAsync(user, 0, authenticator, step: 10);

        Assert.False(await Factors.ConsumeTotpStepAsync(user, authenticator.Id, 10));
        Assert.True(await Factors.ConsumeTotpStepAsync(user, authenticator.Id, 12));
        Assert.False(await Factors.ConsumeTotpStepAsync(user, authenticator.Id, 12));
        Assert.False(await Factors.ConsumeTotpStepAsync(user, authenticator.Id, 11));
        Assert.True(await Factors.ConsumeTotpStepAsync(user, authenticator.Id, 13));
    }

    [Fact]
    public async Task A_step_of_an_app_that_was_replaced_or_removed_counts_no_more()
    {
        var user = await CreateUserAsync();
        var (first, second) = (new TotpAuthenticator(Scene.Id(), [1]), new TotpAuthenticator(Scene.Id(), [2]));
        await Factors.SaveTotpAsync(user, 0, first, step: 1);
        await Factors.SaveTotpAsync(user, 0, second, step: 5);
        Assert.False(await Factors.ConsumeTotpStepAsync(user, first.Id, 9));
        Assert.True(await Factors.ConsumeTotpStepAsync(user, second.Id, 6));

        await Factors.ReplaceRecoveryCodesAsync(user, 0, ["one"]);
        await Factors.RemoveTotpAsync(user);
        Assert.False(await Factors.ConsumeTotpStepAsync(user, second.Id, 7));
        Assert.Equal(new FactorState(), await ReadAsync(user));
    }

    [Fact]
    public async Task A_recovery_code_is_used_once_and_only_by_its_owner()
    {
        var (user, other) = (await CreateUserAsync(), await CreateUserAsync());
        await Factors.ReplaceRecoveryCodesAsync(user, 0, ["one", "two"]);
        await Factors.ReplaceRecoveryCodesAsync(other, 0, ["three"]);

        Assert.False(await Factors.ConsumeRecoveryCodeAsync(user, "three"));
        Assert.True(await Factors.ConsumeRecoveryCodeAsync(user, "one"));
        Assert.False(await Factors.ConsumeRecoveryCodeAsync(user, "one"));
        Assert.Equal(1, (await ReadAsync(user)).RecoveryCodesLeft);

        await Factors.ReplaceRecoveryCodesAsync(user, 0, ["four"]);
        Assert.False(await Factors.ConsumeRecoveryCodeAsync(user, "two"));
        Assert.True(await Factors.ConsumeRecoveryCodeAsync(user, "four"));
        Assert.True(await Factors.ConsumeRecoveryCodeAsync(other, "three"));
    }

    [Fact]
    public async Task A_recovery_code_is_kept_as_a_keyed_hash_of_its_owners()
    {
        const string Code = "abcd-efgh-ijkm";
        var (user, other) = (await CreateUserAsync(), await CreateUserAsync());
        await Factors.ReplaceRecoveryCodesAsync(user, 0, [Code]);
        await Factors.ReplaceRecoveryCodesAsync(other, 0, [Code]);

        await using var context = database.Context();
        var stored = await context.Set<RecoveryCodeRow>().Where(row => row.UserId == user || row.UserId == other).Select(row => row.CodeHash).ToListAsync();

        Assert.Equal(2, stored.Count);
        Assert.NotEqual(stored[0], stored[1]);
        Assert.All(stored, hash =>
        {
            Assert.Equal(SHA256.HashSizeInBytes, hash.Length);
            Assert.DoesNotContain(Code, Encoding.UTF8.GetString(hash), StringComparison.OrdinalIgnoreCase);
            // Hashes without a key are what a copy of the table would be tried against.
            Assert.All(
                new[] { Code, Code.Replace("-", "", StringComparison.Ordinal), $"{user:D}:{Code}", $"{other:D}:{Code}" },
                text => Assert.NotEqual(SHA256.HashData(Encoding.UTF8.GetBytes(text)), hash));
        });
    }

    [Fact]
    public async Task The_last_use_of_a_passkey_is_kept()
    {
        var user = await CreateUserAsync();
        var passkey = Scene.Bytes();
        await Factors.NotePasskeyUseAsync(user, passkey);
        await Factors.NotePasskeyUseAsync(user, passkey);
        var use = Assert.Single(await Factors.ReadPasskeyUsesAsync(user, CancellationToken.None));
        Assert.Equal(System.Buffers.Text.Base64Url.EncodeToString(passkey), use.Key);
        Assert.InRange(use.Value, Scene.Ago(TimeSpan.FromMinutes(1)), Scene.Ago(TimeSpan.FromMinutes(-1)));
        Assert.Empty(await Factors.ReadPasskeyUsesAsync(Scene.Id(), CancellationToken.None));
    }

    [Fact]
    public async Task A_suspended_passkey_is_not_accepted_and_does_not_count_until_it_is_removed()
    {
        var (user, passkey, other) = (await CreateUserAsync(), Scene.Bytes(), Scene.Bytes());
        Assert.True(await Factors.AddPasskeyAsync(user, 0, Passkey(passkey)));
        Assert.True(await Factors.AddPasskeyAsync(user, 0, Passkey(other)));
        await using (var context = database.Context())
        {
            context.Add(new SuspensionRow { UserId = user, Kind = SuspensionRow.Passkey, Key = Convert.ToHexStringLower(passkey), SuspendedAt = Scene.Ago(TimeSpan.Zero) });
            await context.SaveChangesAsync();
        }

        Assert.False(await Factors.NotePasskeyUseAsync(user, passkey));
        Assert.True(await Factors.NotePasskeyUseAsync(user, other));
        Assert.True(await Factors.NotePasskeyUseAsync(await CreateUserAsync(), Scene.Bytes()));
        Assert.Equal(1, (await ReadAsync(user)).Passkeys);
        Assert.Single(await Factors.ReadPasskeyUsesAsync(user, CancellationToken.None));

        Assert.Equal(PasskeyRemoval.LastMeans, await Factors.RemovePasskeyAsync(user, 0, other));
        Assert.Equal(PasskeyRemoval.Removed, await Factors.RemovePasskeyAsync(user, 0, passkey));
        Assert.Equal(1, (await ReadAsync(user)).Passkeys);
        Assert.Empty(await Factors.ReadSuspendedPasskeysAsync(user, CancellationToken.None));
        Assert.Equal(PasskeyRemoval.LastMeans, await Factors.RemovePasskeyAsync(user, 0, other));
        await database.Get<IAccountTransitions>().ResetPasswordAsync(user, "hash");
        Assert.Equal(PasskeyRemoval.Removed, await Factors.RemovePasskeyAsync(user, 1, other));
        Assert.Equal(0, (await ReadAsync(user)).Passkeys);
        Assert.Empty(await Factors.ReadPasskeyUsesAsync(user, CancellationToken.None));
    }

    [Fact]
    public async Task A_passkey_is_added_and_removed_while_the_person_is_who_the_session_says_and_told_of_with_it()
    {
        var (user, stranger, passkey) = (await CreateUserAsync(), await CreateUserAsync(), Scene.Bytes());
        await using var context = database.Context();
        await context.Users.Where(it => it.Id == user).ExecuteUpdateAsync(it => it.SetProperty(row => row.MustEnrolSecondFactor, true));
        var notice = new ChangeNotice(AccountEventTypes.PasskeyAdded, new EventOrigin());
        Assert.False(await Factors.AddPasskeyAsync(user, 1, Passkey(passkey), notice));
        Assert.True(await Factors.AddPasskeyAsync(user, 0, Passkey(passkey), notice));
        Assert.False(await Factors.AddPasskeyAsync(user, 0, Passkey(passkey), notice));
        Assert.False(await Factors.AddPasskeyAsync(stranger, 0, Passkey(passkey), notice));
        Assert.False((await context.Users.AsNoTracking().SingleAsync(it => it.Id == user)).MustEnrolSecondFactor);
        Assert.Equal(1, await context.Set<SecurityEventRow>().CountAsync(it => it.SubjectId == user && it.Type == AccountEventTypes.PasskeyAdded));

        await database.Get<IAccountTransitions>().ResetPasswordAsync(user, "hash");
        Assert.False(await Factors.AddPasskeyAsync(user, 0, Passkey(Scene.Bytes())));
        Assert.Equal(PasskeyRemoval.NotFound, await Factors.RemovePasskeyAsync(user, 0, passkey));
        Assert.Equal(PasskeyRemoval.NotFound, await Factors.RemovePasskeyAsync(stranger, 0, passkey));
        await database.Get<IAccountTransitions>().LockAsync(user, "test");
        Assert.False(await Factors.AddPasskeyAsync(user, 2, Passkey(Scene.Bytes())));
        Assert.Equal(1, (await ReadAsync(user)).Passkeys);
    }

    [Fact]
    public async Task A_passkey_that_was_removed_is_not_written_again()
    {
        var (user, gone, kept) = (await CreateUserAsync(), Scene.Bytes(), Scene.Bytes());
        Assert.True(await Factors.AddPasskeyAsync(user, 0, Passkey(gone)));
        Assert.True(await Factors.AddPasskeyAsync(user, 0, Passkey(kept)));
        Assert.Equal(PasskeyRemoval.Removed, await Factors.RemovePasskeyAsync(user, 0, gone));
        Assert.False(await Factors.UpdatePasskeyAsync(user, Passkey(gone)));

        var changed = Passkey(kept);
        (changed.Name, changed.SignCount, changed.IsBackedUp) = ("Laptop", 7, true);
        Assert.False(await Factors.UpdatePasskeyAsync(await CreateUserAsync(), changed));
        Assert.True(await Factors.UpdatePasskeyAsync(user, changed));
        await using var scope = database.Services.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<User>>();
        var stored = Assert.Single(await users.GetPasskeysAsync((await users.FindByIdAsync(user.ToString("D")))!));
        Assert.Equal(("Laptop", 7u, true), (stored.Name, stored.SignCount, stored.IsBackedUp));
        Assert.Equal([1, 2], stored.PublicKey);
    }

    [Fact]
    public async Task Of_two_passkeys_that_are_removed_at_once_one_stays()
    {
        for (var round = 0; round < 5; round++)
        {
            var (user, keys) = (await CreateUserAsync(), new[] { Scene.Bytes(), Scene.Bytes() });
            foreach (var key in keys)
            {
                Assert.True(await Factors.AddPasskeyAsync(user, 0, Passkey(key)));
            }

            using var start = new Barrier(2);
            var removals = await Task.WhenAll(keys.Select(key => Task.Run(() =>
            {
                start.SignalAndWait();
                return Factors.RemovePasskeyAsync(user, 0, key);
            })));
            Assert.Equal([PasskeyRemoval.Removed, PasskeyRemoval.LastMeans], removals.Order());
        }
    }

    [Fact]
    public async Task One_time_step_presented_twenty_times_at_once_is_accepted_once()
    {
        var user = await CreateUserAsync();
        var authenticator = new TotpAuthenticator(Scene.Id(), [1]);
        await Factors.SaveTotpAsync(user, 0, authenticator, step: 1);
        await AssertOneWinsAsync(() => Factors.ConsumeTotpStepAsync(user, authenticator.Id, 2));
    }

    [Fact]
    public async Task One_recovery_code_presented_twenty_times_at_once_is_accepted_once()
    {
        var user = await CreateUserAsync();
        await Factors.ReplaceRecoveryCodesAsync(user, 0, ["one", "two"]);
        await AssertOneWinsAsync(() => Factors.ConsumeRecoveryCodeAsync(user, "one"));
        Assert.Equal(1, (await ReadAsync(user)).RecoveryCodesLeft);
    }

    [Fact]
    public async Task One_challenge_presented_twenty_times_at_once_is_accepted_once()
    {
        var challenge = Scene.Id();
        await AssertOneWinsAsync(() => Factors.ConsumeChallengeAsync(challenge, TimeSpan.FromMinutes(1)));
        Assert.False(await Factors.ConsumeChallengeAsync(challenge, TimeSpan.FromMinutes(1)));
    }

    /// <summary>Real threads that start together: SQLite's asynchronous calls are synchronous.</summary>
    private static async Task AssertOneWinsAsync(Func<Task<bool>> present)
    {
        using var barrier = new Barrier(Presentations);
        var answers = await Task.WhenAll(Enumerable.Range(0, Presentations).Select(_ => Task.Factory.StartNew(
            () =>
            {
                barrier.SignalAndWait();
                return present().GetAwaiter().GetResult();
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));
        Assert.Single(answers, won => won);
    }

    private static UserPasskeyInfo Passkey(byte[] id) => new(id, [1, 2], Scene.Ago(TimeSpan.Zero), 0, [], true, true, false, [], []);

    private async Task<Guid> CreateUserAsync()
    {
        await using var scope = database.Services.CreateAsyncScope();
        var user = new User { UserName = "u" + Scene.Id().ToString("N") };
        Assert.True((await scope.ServiceProvider.GetRequiredService<UserManager<User>>().CreateAsync(user)).Succeeded);
        return user.Id;
    }

    private Task<FactorState> ReadAsync(Guid userId) => Factors.ReadAsync(userId, CancellationToken.None);
}

public sealed class SqliteFactorTests(SqliteTestDatabase database) : FactorContract(database), IClassFixture<SqliteTestDatabase>;

public sealed class PostgresFactorTests(PostgresTestDatabase database) : FactorContract(database), IClassFixture<PostgresTestDatabase>;

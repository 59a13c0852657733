using IdentityProvider.Accounts.Transitions;
using IdentityProvider.Accounts.Upstream;
using IdentityProvider.Accounts.Users;
using IdentityProvider.Storage.Tests.Databases;
using IdentityProvider.Storage.Tests.Grants;
using IdentityProvider.Storage.Users;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace IdentityProvider.Storage.Tests.Upstream;

public abstract class ExternalLoginContract(TestDatabase database)
{
    private const string Issuer = "https://id.contoso.com";
    private const int AtOnce = 6;

    private IExternalLoginStore Logins => database.Get<IExternalLoginStore>();

    [Fact]
    public async Task Who_registers_is_found_by_issuer_and_subject_and_by_nothing_less()
    {
        var (user, login) = Person("Ann");
        Assert.Equal(RegistrationOutcome.Created, await Logins.RegisterAsync(user, [new UserClaim { UserId = user.Id, ClaimType = "name", ClaimValue = "Ann" }], login));

        var found = (await FindAsync(login))!;
        Assert.Equal((user.Id, "ann@contoso.com", false, null), (found.UserId, found.Label, found.Suspended, found.LastUsedAt));
        Assert.Null(await Logins.FindAsync("https://other.example", login.Subject, CancellationToken.None));
        Assert.Null(await Logins.FindAsync(Issuer, login.Subject + "x", CancellationToken.None));

        await Logins.NoteUseAsync(Issuer, login.Subject);
        Assert.NotNull((await FindAsync(login))!.LastUsedAt);
        await using var context = database.Context();
        Assert.Equal(user.UserName, (await context.Users.SingleAsync(it => it.Id == user.Id)).UserName);
        Assert.Equal("Ann", (await context.UserClaims.SingleAsync(it => it.UserId == user.Id)).ClaimValue);
    }

    [Fact]
    public async Task A_name_or_an_address_that_somebody_has_leaves_nothing_behind()
    {
        var (first, login) = Person("Bo");
        await Logins.RegisterAsync(first, [], login);

        var (second, other) = Person("Bo");
        (second.UserName, second.NormalizedUserName) = (first.UserName, first.NormalizedUserName);
        Assert.Equal(RegistrationOutcome.NameTaken, await Logins.RegisterAsync(second, [], other));
        Assert.Null(await FindAsync(other));

        (second, other) = Person("Bo");
        second.NormalizedEmail = first.NormalizedEmail;
        Assert.Equal(RegistrationOutcome.AddressTaken, await Logins.RegisterAsync(second, [], other));
        Assert.Null(await FindAsync(other));

        // Who only waits for an address keeps nobody from it.
        await using var context = database.Context();
        await context.Users.Where(user => user.Id == first.Id).ExecuteUpdateAsync(user => user.SetProperty(it => it.EmailConfirmed, false));
        Assert.Equal(RegistrationOutcome.Created, await Logins.RegisterAsync(second, [], other));

        Assert.Equal(RegistrationOutcome.AlreadyLinked, await Logins.RegisterAsync(Person("Bo").User, [], login));
    }

    [Fact]
    public async Task Several_first_sign_ins_at_once_make_one_person()
    {
        var (_, login) = Person("Cy");
        var people = Enumerable.Range(0, AtOnce).Select(_ => Person("Cy").User).ToArray();

        var outcomes = await AtOnceAsync(people, user => Logins.RegisterAsync(user, [], login with { UserId = user.Id }));

        Assert.Single(outcomes, outcome => outcome == RegistrationOutcome.Created);
        Assert.Equal(AtOnce - 1, outcomes.Count(outcome => outcome == RegistrationOutcome.AlreadyLinked));
        var ids = people.Select(user => user.Id).ToArray();
        await using var context = database.Context();
        Assert.Equal((await FindAsync(login))!.UserId, (await context.Users.SingleAsync(user => ids.Contains(user.Id))).Id);
    }

    [Fact]
    public async Task Several_accounts_with_one_address_at_once_make_one_person()
    {
        var address = $"{Scene.Id():N}@CONTOSO.COM";
        var people = Enumerable.Range(0, AtOnce).Select(_ => Person("Di")).ToArray();
        foreach (var (user, _) in people)
        {
            (user.Email, user.NormalizedEmail) = (address, address);
        }

        var outcomes = await AtOnceAsync(people, person => Logins.RegisterAsync(person.User, [], person.Login));

        Assert.Single(outcomes, outcome => outcome == RegistrationOutcome.Created);
        Assert.Equal(AtOnce - 1, outcomes.Count(outcome => outcome == RegistrationOutcome.AddressTaken));
    }

    [Fact]
    public async Task An_account_is_linked_to_one_person()
    {
        var (ann, login) = await RegisterAsync("Ann");
        var (bob, _) = await RegisterAsync("Bob");
        var more = NewLogin(ann.Id);

        Assert.Equal(LinkOutcome.Linked, await Logins.LinkAsync(more, userEpoch: 0));
        Assert.Equal(LinkOutcome.AlreadyTheirs, await Logins.LinkAsync(more, userEpoch: 0));
        Assert.Equal(LinkOutcome.TakenByOther, await Logins.LinkAsync(more with { UserId = bob.Id }, userEpoch: 0));
        Assert.Equal([login.Subject, more.Subject], (await Logins.ListAsync(ann.Id, CancellationToken.None)).Select(it => it.Subject));
    }

    [Fact]
    public async Task An_account_linked_to_several_at_once_is_linked_to_one()
    {
        var people = await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(number => RegisterAsync($"P{number}")));
        var login = NewLogin(Guid.Empty);

        var outcomes = await AtOnceAsync(people, person => Logins.LinkAsync(login with { UserId = person.User.Id }, userEpoch: 0));

        Assert.Single(outcomes, outcome => outcome == LinkOutcome.Linked);
        Assert.Equal(AtOnce - 1, outcomes.Count(outcome => outcome == LinkOutcome.TakenByOther));
    }

    [Fact]
    public async Task A_person_who_was_locked_or_reset_meanwhile_is_linked_to_nothing()
    {
        var (ann, _) = await RegisterAsync("Ann");
        await database.Get<IAccountTransitions>().LockAsync(ann.Id, "test");
        Assert.Equal(LinkOutcome.PersonChanged, await Logins.LinkAsync(NewLogin(ann.Id), userEpoch: 1));

        await database.Get<IAccountTransitions>().UnlockAsync(new Unlocking { UserId = ann.Id });
        Assert.Equal(LinkOutcome.PersonChanged, await Logins.LinkAsync(NewLogin(ann.Id), userEpoch: 0));
        Assert.Equal(LinkOutcome.Linked, await Logins.LinkAsync(NewLogin(ann.Id), userEpoch: 1));
    }

    [Fact]
    public async Task The_last_means_of_signing_in_stays()
    {
        var (ann, login) = await RegisterAsync("Ann");
        var more = NewLogin(ann.Id);
        Assert.Equal(UnlinkOutcome.LastMeans, await UnlinkAsync(login));

        await Logins.LinkAsync(more, userEpoch: 0);
        await SuspendAsync(more);
        Assert.Equal(UnlinkOutcome.LastMeans, await UnlinkAsync(login));

        Assert.Equal(UnlinkOutcome.Unlinked, await UnlinkAsync(more));
        Assert.Equal(UnlinkOutcome.NotFound, await UnlinkAsync(more));
        await database.Get<IAccountTransitions>().ResetPasswordAsync(ann.Id, "hash");
        Assert.Equal(UnlinkOutcome.NotFound, await UnlinkAsync(login with { UserId = Scene.Id() }));
        Assert.Equal(UnlinkOutcome.Unlinked, await UnlinkAsync(login));
    }

    [Fact]
    public async Task A_passkey_is_a_means_of_signing_in()
    {
        var (ann, login) = await RegisterAsync("Ann");
        await using (var context = database.Context())
        {
            context.Add(new IdentityUserPasskey<Guid>
            {
                UserId = ann.Id,
                CredentialId = Scene.Bytes(),
                Data = new IdentityPasskeyData { PublicKey = [1], AttestationObject = [1], ClientDataJson = [1], Transports = [] },
            });
            await context.SaveChangesAsync();
        }

        Assert.Equal(UnlinkOutcome.Unlinked, await UnlinkAsync(login));
    }

    [Fact]
    public async Task Of_two_accounts_unlinked_at_once_one_stays()
    {
        for (var round = 0; round < 5; round++)
        {
            var (ann, login) = await RegisterAsync("Ann");
            var more = NewLogin(ann.Id);
            await Logins.LinkAsync(more, userEpoch: 0);

            var outcomes = await AtOnceAsync([login, more], UnlinkAsync);

            Assert.Equal([UnlinkOutcome.Unlinked, UnlinkOutcome.LastMeans], outcomes.Order());
        }
    }

    [Fact]
    public async Task A_suspended_account_says_so_and_goes_with_its_suspension_and_with_the_person()
    {
        var (ann, login) = await RegisterAsync("Ann");
        var more = NewLogin(ann.Id);
        await Logins.LinkAsync(more, userEpoch: 0);
        await SuspendAsync(more);
        Assert.True((await FindAsync(more))!.Suspended);
        Assert.False((await FindAsync(login))!.Suspended);

        Assert.Equal(UnlinkOutcome.Unlinked, await UnlinkAsync(more));
        await using var context = database.Context();
        Assert.False(await context.Set<SuspensionRow>().AnyAsync(row => row.UserId == ann.Id));

        await database.Get<IAccountTransitions>().DeleteAsync(ann.Id);
        Assert.Null(await FindAsync(login));
    }

    private Task<ExternalLogin?> FindAsync(ExternalLogin login) => Logins.FindAsync(login.Issuer, login.Subject, CancellationToken.None);

    private Task<UnlinkOutcome> UnlinkAsync(ExternalLogin login) => Logins.UnlinkAsync(login.UserId, login.Issuer, login.Subject);

    private async Task<(User User, ExternalLogin Login)> RegisterAsync(string name)
    {
        var (user, login) = Person(name);
        Assert.Equal(RegistrationOutcome.Created, await Logins.RegisterAsync(user, [], login));
        return (user, login);
    }

    private async Task SuspendAsync(ExternalLogin login)
    {
        await using var context = database.Context();
        context.Add(new SuspensionRow { UserId = login.UserId, Kind = "external_login", Key = $"{login.Issuer} {login.Subject}", SuspendedAt = Scene.Ago(TimeSpan.Zero) });
        await context.SaveChangesAsync();
    }

    private static ExternalLogin NewLogin(Guid userId) => new()
    {
        Issuer = Issuer,
        Subject = Scene.Id().ToString("N"),
        UserId = userId,
        Label = "ann@contoso.com",
        CreatedAt = Scene.Ago(TimeSpan.Zero),
    };

    private static (User User, ExternalLogin Login) Person(string name)
    {
        var id = Scene.Id();
        var unique = $"{name}{id:N}";
        var user = new User
        {
            Id = id,
            UserName = unique,
            NormalizedUserName = unique.ToUpperInvariant(),
            Email = unique + "@contoso.com",
            NormalizedEmail = unique.ToUpperInvariant() + "@CONTOSO.COM",
            EmailConfirmed = true,
            SecurityStamp = unique,
        };
        return (user, NewLogin(id));
    }

    /// <summary>Real threads that start together: SQLite's asynchronous calls are synchronous.</summary>
    private static async Task<TOutcome[]> AtOnceAsync<T, TOutcome>(IReadOnlyList<T> items, Func<T, Task<TOutcome>> act)
    {
        using var barrier = new Barrier(items.Count);
        return await Task.WhenAll(items.Select(item => Task.Factory.StartNew(
            () =>
            {
                barrier.SignalAndWait();
                return act(item).GetAwaiter().GetResult();
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));
    }
}

public sealed class SqliteExternalLoginTests(SqliteTestDatabase database) : ExternalLoginContract(database), IClassFixture<SqliteTestDatabase>;

public sealed class PostgresExternalLoginTests(PostgresTestDatabase database) : ExternalLoginContract(database), IClassFixture<PostgresTestDatabase>;

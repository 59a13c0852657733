using IdentityProvider.Accounts.Events;
using IdentityProvider.Accounts.Factors;
using IdentityProvider.Accounts.Notifications;
using IdentityProvider.Accounts.OneTimeTokens;
using IdentityProvider.Accounts.Recovery;
using IdentityProvider.Accounts.Registration;
using IdentityProvider.Accounts.Sessions;
using IdentityProvider.Accounts.Transitions;
using IdentityProvider.Accounts.Users;
using IdentityProvider.Protocol.Grants;
using IdentityProvider.Storage.Devices;
using IdentityProvider.Storage.Outbox;
using IdentityProvider.Storage.Tests.Databases;
using IdentityProvider.Storage.Tests.Grants;
using IdentityProvider.Storage.Users;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace IdentityProvider.Storage.Tests.Users;

/// <summary>Accounts that are made, addresses that are proved, and passwords that are set by a mailed link.</summary>
public abstract class AddressContract(TestDatabase database)
{
    private const int Presentations = 20;

    private readonly OneTimeTokenIssuer _issuer = new(
        database.Get<IOneTimeTokenStore>(), new MailSecrets(new EphemeralDataProtectionProvider()), TimeProvider.System);

    private IRegistrationStore Store => database.Get<IRegistrationStore>();

    private IAccountTransitions Transitions => database.Get<IAccountTransitions>();

    [Fact]
    public async Task An_account_its_token_and_its_mail_are_written_together_or_not_at_all()
    {
        var user = NewUser();
        var prepared = Prepare(user, OneTimeTokenPurposes.VerifyEmail);
        Assert.True(await Store.RegisterAsync(user, prepared.Token, Mail(user)));
        Assert.Equal(OneTimeTokenStatus.Alive, await StatusAsync(prepared));
        Assert.Equal(1, await MailsAsync(user.Email!));

        var second = NewUser();
        second.UserName = user.UserName;
        second.NormalizedUserName = user.NormalizedUserName;
        var refused = Prepare(second, OneTimeTokenPurposes.VerifyEmail);
        Assert.False(await Store.RegisterAsync(second, refused.Token, Mail(second)));
        Assert.Null(await LookAsync(refused));
        Assert.Equal(0, await MailsAsync(second.Email!));
    }

    [Fact]
    public async Task One_name_registered_twenty_times_at_once_makes_one_account()
    {
        var name = "n" + Scene.Id().ToString("N");
        Assert.Single(await AtOnceAsync(_ =>
        {
            var user = NewUser();
            (user.UserName, user.NormalizedUserName) = (name, name.ToUpperInvariant());
            return Store.RegisterAsync(user, Prepare(user, OneTimeTokenPurposes.VerifyEmail).Token, Mail(user));
        }), made => made);
    }

    [Fact]
    public async Task An_address_that_twenty_accounts_confirm_at_once_belongs_to_one()
    {
        var email = Scene.Id().ToString("N") + "@example.com";
        var users = await Task.WhenAll(Enumerable.Range(0, Presentations).Select(_ => CreateAsync(email)));
        Assert.Single(await AtOnceAsync(i => Store.ConfirmEmailAsync(users[i].Id, email)), confirmed => confirmed);
        await using var scope = database.Services.CreateAsyncScope();
        var owner = await scope.ServiceProvider.GetRequiredService<UserManager<User>>().FindByEmailAsync(email);
        Assert.True(owner!.EmailConfirmed);
    }

    [Fact]
    public async Task An_address_that_is_confirmed_leaves_no_other_link_to_it()
    {
        var user = await CreateAsync();
        var (older, reset) = (await IssueAsync(user, OneTimeTokenPurposes.VerifyEmail), await IssueAsync(user));
        Assert.False(await Store.ConfirmEmailAsync(user.Id, "another@example.com"));
        Assert.Equal(OneTimeTokenStatus.Alive, await StatusAsync(older));

        Assert.True(await Store.ConfirmEmailAsync(user.Id, user.Email!));

        Assert.Equal(OneTimeTokenStatus.Void, await StatusAsync(older));
        Assert.Null(await Transitions.ResetPasswordAsync(Reset(user, older) with { Purpose = OneTimeTokenPurposes.VerifyEmail }));
        Assert.Equal(OneTimeTokenStatus.Alive, await StatusAsync(reset));
    }

    [Fact]
    public async Task An_account_without_a_mail_waits_for_its_address_like_any_other()
    {
        var user = NewUser();
        var prepared = Prepare(user, OneTimeTokenPurposes.VerifyEmail);
        Assert.True(await Store.RegisterAsync(user, prepared.Token, mail: null));
        Assert.Equal(OneTimeTokenStatus.Alive, await StatusAsync(prepared));
        Assert.Equal(0, await MailsAsync(user.Email!));
    }

    [Fact]
    public async Task An_address_that_the_account_no_longer_has_is_not_confirmed()
    {
        var user = await CreateAsync();
        Assert.False(await Store.ConfirmEmailAsync(user.Id, "another@example.com"));
        Assert.False((await ReadAsync(user.Id)).EmailConfirmed);
    }

    [Fact]
    [Trait("row", "P11")]
    public async Task A_reset_by_link_uses_it_up_sets_the_password_ends_everything_and_tells_in_one_transaction()
    {
        var scene = await Scene.CreateAsync(database);
        var token = await scene.FamilyAsync();
        var user = await ConfirmAsync(scene.UserId);
        await AddDeviceAsync(user.Id);
        var factors = database.Get<IFactorStore>();
        await factors.SaveTotpAsync(user.Id, user.Epoch, new TotpAuthenticator(Scene.Id(), Scene.Bytes()), step: 1);
        var (link, other) = (await IssueAsync(user), await IssueAsync(user));

        Assert.Equal(new Ended(1, 1), await Transitions.ResetPasswordAsync(Reset(user, link)));

        var after = await ReadAsync(user.Id);
        Assert.Equal(("new hash", true, user.Epoch + 1), (after.PasswordHash, after.HasShortPassword, after.Epoch));
        Assert.Equal(OneTimeTokenStatus.Used, await StatusAsync(link));
        Assert.Equal(OneTimeTokenStatus.Void, await StatusAsync(other));
        Assert.Equal(RefreshVerdict.Dead, await scene.RefreshAsync(token));
        Assert.Null(await database.Get<ISessionStore>().FindAsync(scene.SessionHandle, TimeSpan.FromHours(1), CancellationToken.None));
        Assert.Equal(1, await MailsAsync(user.Email!));
        Assert.NotNull((await factors.ReadAsync(user.Id, CancellationToken.None)).TotpSince);
        await using var context = database.Context();
        Assert.NotNull((await context.Set<KnownDeviceRow>().AsNoTracking().SingleAsync(device => device.UserId == user.Id)).RevokedAt);
    }

    [Fact]
    public async Task A_link_that_is_not_alive_changes_nothing_and_tells_nobody()
    {
        var user = await ConfirmAsync((await CreateAsync()).Id);
        var link = await IssueAsync(user);
        var reset = Reset(user, link);
        Assert.Null(await Transitions.ResetPasswordAsync(reset with { Purpose = OneTimeTokenPurposes.VerifyEmail }));
        Assert.Null(await Transitions.ResetPasswordAsync(reset with { Link = reset.Link with { SecretHash = Scene.Bytes() } }));
        Assert.Null(await Transitions.ResetPasswordAsync(reset with { UserId = (await CreateAsync()).Id }));
        Assert.Equal(OneTimeTokenStatus.Alive, await StatusAsync(link));
        Assert.NotNull(await Transitions.ResetPasswordAsync(reset));
        Assert.Null(await Transitions.ResetPasswordAsync(reset with { PasswordHash = "another hash" }));
        Assert.Equal("new hash", (await ReadAsync(user.Id)).PasswordHash);
        Assert.Equal(1, await MailsAsync(user.Email!));
    }

    [Fact]
    public async Task A_link_of_before_a_change_of_the_account_sets_no_password()
    {
        var user = await ConfirmAsync((await CreateAsync()).Id);
        var link = await IssueAsync(user);
        await Transitions.LockAsync(user.Id, "seen in a leak");
        Assert.Null(await Transitions.ResetPasswordAsync(Reset(user, link)));
    }

    [Fact]
    public async Task An_account_whose_address_was_never_confirmed_keeps_nothing_from_before()
    {
        var scene = await Scene.CreateAsync(database);
        await using (var context = database.Context())
        {
            var email = scene.UserId.ToString("N") + "@example.com";
            await context.Users.Where(it => it.Id == scene.UserId).ExecuteUpdateAsync(it => it
                .SetProperty(row => row.Email, email).SetProperty(row => row.NormalizedEmail, email.ToUpperInvariant()).SetProperty(row => row.EmailConfirmed, false));
        }

        var user = await ReadAsync(scene.UserId);
        var factors = database.Get<IFactorStore>();
        await factors.SaveTotpAsync(user.Id, user.Epoch, new TotpAuthenticator(Scene.Id(), Scene.Bytes()), step: 1);
        await factors.ReplaceRecoveryCodesAsync(user.Id, user.Epoch, ["one"]);
        await AddDeviceAsync(user.Id);
        await using (var context = database.Context())
        {
            context.Add(new SuspensionRow { UserId = user.Id, Kind = SuspensionRow.Passkey, Key = "00ff", SuspendedAt = Scene.Ago(TimeSpan.Zero) });
            await context.SaveChangesAsync();
        }

        var link = await IssueAsync(user);

        Assert.NotNull(await Transitions.ResetPasswordAsync(Reset(user, link)));

        Assert.True((await ReadAsync(user.Id)).EmailConfirmed);
        Assert.Equal(new FactorState(), await factors.ReadAsync(user.Id, CancellationToken.None));
        await using var after = database.Context();
        Assert.False(await after.Set<KnownDeviceRow>().AnyAsync(device => device.UserId == user.Id));
        Assert.False(await after.Set<SuspensionRow>().AnyAsync(suspension => suspension.UserId == user.Id));
    }

    [Fact]
    public async Task One_reset_link_presented_twenty_times_at_once_sets_one_password()
    {
        var user = await ConfirmAsync((await CreateAsync()).Id);
        var link = await IssueAsync(user);
        var answers = await AtOnceAsync(i => Transitions.ResetPasswordAsync(Reset(user, link) with { PasswordHash = "hash " + i }));
        Assert.Single(answers, answer => answer is not null);
        Assert.Equal(1, (await ReadAsync(user.Id)).Epoch - user.Epoch);
        Assert.Equal(1, await MailsAsync(user.Email!));
    }

    [Fact]
    public async Task An_address_changes_once_with_its_link_and_the_way_back_is_written_with_it()
    {
        var user = await ConfirmAsync((await CreateAsync()).Id);
        var (link, stale) = (await IssueAsync(user, OneTimeTokenPurposes.ChangeEmail), await IssueAsync(user));
        var undo = Prepare(user, OneTimeTokenPurposes.UndoEmailChange, stamped: false);
        var email = Scene.Id().ToString("N") + "@example.com";
        var store = database.Get<IEmailChangeStore>();
        var change = new EmailChange
        {
            UserId = user.Id,
            SecurityStamp = user.SecurityStamp!,
            Email = email,
            NormalizedEmail = email.ToUpperInvariant(),
            Proof = (OneTimeTokenPurposes.ChangeEmail, OneTimeLink.Parse(link.Text)!),
            Undo = undo.Token,
            Mail = Mail(user),
            Notice = new ChangeNotice(AccountEventTypes.EmailChange, new EventOrigin()),
        };

        Assert.False(await store.ChangeAsync(change with { SecurityStamp = "another" }));
        Assert.False(await store.ChangeAsync(change with { Proof = (OneTimeTokenPurposes.ChangeEmail, OneTimeLink.Parse(stale.Text)!) }));
        Assert.Equal(user.Email, (await ReadAsync(user.Id)).Email);
        Assert.Single(await AtOnceAsync(_ => store.ChangeAsync(change)), changed => changed);

        var after = await ReadAsync(user.Id);
        Assert.Equal((email, true), (after.Email, after.EmailConfirmed));
        Assert.NotEqual(user.SecurityStamp, after.SecurityStamp);
        Assert.Equal(OneTimeTokenStatus.Used, await StatusAsync(link));
        Assert.Equal(OneTimeTokenStatus.Void, await StatusAsync(stale));
        Assert.Equal(OneTimeTokenStatus.Alive, await StatusAsync(undo));
        Assert.Equal(1, await MailsAsync(user.Email!));
    }

    [Fact]
    public async Task A_change_by_an_operator_voids_what_was_mailed_and_a_refused_one_does_not()
    {
        var (user, owner) = (await ConfirmAsync((await CreateAsync()).Id), await ConfirmAsync((await CreateAsync()).Id));
        var (undo, notMe) = (Prepare(user, OneTimeTokenPurposes.UndoEmailChange, stamped: false), Prepare(user, OneTimeTokenPurposes.NotMe, stamped: false));
        await database.Get<IOneTimeTokenStore>().IssueAsync(undo.Token, mail: null);
        await database.Get<IOneTimeTokenStore>().IssueAsync(notMe.Token, mail: null);
        var email = Scene.Id().ToString("N") + "@example.com";
        var change = new EmailChange
        {
            UserId = user.Id,
            SecurityStamp = user.SecurityStamp!,
            Email = owner.Email!,
            NormalizedEmail = owner.NormalizedEmail!,
            VoidsLinks = true,
            Notice = new ChangeNotice(AccountEventTypes.EmailChange, new EventOrigin()),
        };

        Assert.False(await database.Get<IEmailChangeStore>().ChangeAsync(change));
        Assert.Equal((OneTimeTokenStatus.Alive, OneTimeTokenStatus.Alive), (await StatusAsync(undo), await StatusAsync(notMe)));
        Assert.True(await database.Get<IEmailChangeStore>().ChangeAsync(change with { Email = email, NormalizedEmail = email.ToUpperInvariant() }));
        Assert.Equal((OneTimeTokenStatus.Void, OneTimeTokenStatus.Void), (await StatusAsync(undo), await StatusAsync(notMe)));
    }

    [Fact]
    public async Task An_address_that_another_account_has_confirmed_is_not_taken()
    {
        var (user, owner) = (await ConfirmAsync((await CreateAsync()).Id), await ConfirmAsync((await CreateAsync()).Id));
        Assert.False(await database.Get<IEmailChangeStore>().ChangeAsync(new EmailChange
        {
            UserId = user.Id,
            SecurityStamp = user.SecurityStamp!,
            Email = owner.Email!,
            NormalizedEmail = owner.NormalizedEmail!,
            Notice = new ChangeNotice(AccountEventTypes.EmailChange, new EventOrigin()),
        }));
        Assert.Equal(user.Email, (await ReadAsync(user.Id)).Email);
    }

    private static ProvenReset Reset(User user, PreparedToken link) => new()
    {
        UserId = user.Id,
        PasswordHash = "new hash",
        ShortPassword = true,
        Purpose = OneTimeTokenPurposes.ResetPassword,
        Link = OneTimeLink.Parse(link.Text)!,
        Notice = new ChangeNotice(AccountEventTypes.PasswordReset, new EventOrigin()) { Mail = MailTemplates.PasswordChanged },
    };

    private PreparedToken Prepare(User user, string purpose, bool stamped = true) => _issuer.Prepare(new OneTimeTokenRequest
    {
        Purpose = purpose,
        UserId = user.Id,
        Lifetime = TimeSpan.FromMinutes(15),
        SecurityStamp = stamped ? user.SecurityStamp : null,
    });

    private async Task<PreparedToken> IssueAsync(User user, string purpose = OneTimeTokenPurposes.ResetPassword)
    {
        var prepared = Prepare(user, purpose);
        await database.Get<IOneTimeTokenStore>().IssueAsync(prepared.Token, mail: null);
        return prepared;
    }

    private Task<OneTimeToken?> LookAsync(PreparedToken token) =>
        database.Get<IOneTimeTokenStore>().LookAsync(token.Token.Purpose, OneTimeLink.Parse(token.Text)!, CancellationToken.None);

    private async Task<OneTimeTokenStatus> StatusAsync(PreparedToken token) => (await LookAsync(token))!.Status;

    private static OutgoingMail Mail(User user) => new() { Template = MailTemplates.PasswordChanged, To = user.Email! };

    private async Task<int> MailsAsync(string to)
    {
        await using var context = database.Context();
        return (await context.Set<OutboxRow>().AsNoTracking().Where(row => row.Kind == OutgoingMail.Kind).ToListAsync())
            .Count(row => OutgoingMail.Parse(row.Payload).To == to);
    }

    private static User NewUser(string? email = null)
    {
        var name = "u" + Scene.Id().ToString("N");
        email ??= name + "@example.com";
        return new User
        {
            Id = Scene.Id(),
            UserName = name,
            NormalizedUserName = name.ToUpperInvariant(),
            Email = email,
            NormalizedEmail = email.ToUpperInvariant(),
            SecurityStamp = name,
            CreatedAt = Scene.Ago(TimeSpan.Zero),
            UpdatedAt = Scene.Ago(TimeSpan.Zero),
        };
    }

    private async Task<User> CreateAsync(string? email = null)
    {
        var user = NewUser(email);
        await using var context = database.Context();
        context.Add(user);
        await context.SaveChangesAsync();
        return user;
    }

    private async Task<User> ConfirmAsync(Guid userId)
    {
        var email = userId.ToString("N") + "@confirmed.example.com";
        await using (var context = database.Context())
        {
            await context.Users.Where(it => it.Id == userId).ExecuteUpdateAsync(it => it
                .SetProperty(row => row.Email, email).SetProperty(row => row.NormalizedEmail, email.ToUpperInvariant()).SetProperty(row => row.EmailConfirmed, true));
        }

        return await ReadAsync(userId);
    }

    private async Task AddDeviceAsync(Guid userId)
    {
        await using var context = database.Context();
        context.Add(new KnownDeviceRow
        {
            Id = Scene.Id(),
            UserId = userId,
            SecretHash = Scene.Bytes(),
            Failures = 0,
            CreatedAt = Scene.Ago(TimeSpan.Zero),
            LastSeenAt = Scene.Ago(TimeSpan.Zero),
            ExpiresAt = Scene.Ago(TimeSpan.FromDays(-1)),
        });
        await context.SaveChangesAsync();
    }

    private async Task<User> ReadAsync(Guid userId)
    {
        await using var context = database.Context();
        return await context.Users.AsNoTracking().SingleAsync(user => user.Id == userId);
    }

    /// <summary>Real threads that start together: SQLite's asynchronous calls are synchronous.</summary>
    private static async Task<T[]> AtOnceAsync<T>(Func<int, Task<T>> present)
    {
        using var barrier = new Barrier(Presentations);
        return await Task.WhenAll(Enumerable.Range(0, Presentations).Select(i => Task.Factory.StartNew(
            () =>
            {
                barrier.SignalAndWait();
                return present(i).GetAwaiter().GetResult();
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));
    }
}

public sealed class SqliteAddressTests(SqliteTestDatabase database) : AddressContract(database), IClassFixture<SqliteTestDatabase>;

public sealed class PostgresAddressTests(PostgresTestDatabase database) : AddressContract(database), IClassFixture<PostgresTestDatabase>;

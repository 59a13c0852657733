using System.Text.Json;
using IdentityProvider.Accounts.Devices;
using IdentityProvider.Accounts.Events;
using IdentityProvider.Accounts.Factors;
using IdentityProvider.Accounts.Notifications;
using IdentityProvider.Accounts.OneTimeTokens;
using IdentityProvider.Accounts.Sessions;
using IdentityProvider.Accounts.Transitions;
using IdentityProvider.Accounts.Upstream;
using IdentityProvider.Accounts.Users;
using IdentityProvider.Protocol.Consents;
using IdentityProvider.Protocol.Grants;
using IdentityProvider.Storage.Consents;
using IdentityProvider.Storage.Devices;
using IdentityProvider.Storage.Events;
using IdentityProvider.Storage.Outbox;
using IdentityProvider.Storage.Tests.Databases;
using IdentityProvider.Storage.Tests.Grants;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace IdentityProvider.Storage.Tests.Users;

/// <summary>A sign-in that was somebody else's: what was there before stays, what came with it and after it does not count.</summary>
public abstract class RepudiationContract(TestDatabase database)
{
    private const int Presentations = 20;

    private static readonly TimeSpan s_before = TimeSpan.FromDays(2);
    private static readonly TimeSpan s_signIn = TimeSpan.FromHours(1);

    private readonly OneTimeTokenIssuer _issuer = new(
        database.Get<IOneTimeTokenStore>(), new MailSecrets(new EphemeralDataProtectionProvider()), TimeProvider.System);

    private IAccountTransitions Transitions => database.Get<IAccountTransitions>();

    private IFactorStore Factors => database.Get<IFactorStore>();

    [Fact]
    [Trait("row", "E7")]
    public async Task It_locks_the_account_and_ends_every_session_grant_and_password()
    {
        var scene = await Scene.CreateAsync(database);
        var user = await PrepareAsync(scene);
        var family = await scene.FamilyAsync();
        var (link, repudiation) = await DenyAsync(user);

        Assert.Equal(new Ended(1, 1), await Transitions.RepudiateAsync(repudiation));

        var after = await ReadAsync(user.Id);
        Assert.Equal((null, Repudiation.LockReason, user.Epoch + 1), (after.PasswordHash, after.DisabledReason, after.Epoch));
        Assert.NotNull(after.DisabledAt);
        Assert.NotEqual(user.SecurityStamp, after.SecurityStamp);
        Assert.Equal(RefreshVerdict.Dead, await scene.RefreshAsync(family));
        Assert.Null(await database.Get<ISessionStore>().FindAsync(scene.SessionHandle, TimeSpan.FromHours(1), CancellationToken.None));
        Assert.Equal(OneTimeTokenStatus.Used, await StatusAsync(link));
        await using var context = database.Context();
        Assert.True(await context.Set<SecurityEventRow>().AnyAsync(row => row.SubjectId == user.Id && row.Type == AccountEventTypes.SignInDenied));
        Assert.Equal([user.Email], await MailsAsync(context, MailTemplates.AccountLocked, user));
        Assert.Equal(["client"], (await database.Get<IConnectedAppStore>().ListSinceAsync(user.Id, Scene.Ago(s_signIn), CancellationToken.None))
            .Select(app => app.ClientId == scene.ClientId ? "client" : app.ClientId));
        Assert.Empty(await database.Get<IConnectedAppStore>().ListSinceAsync(user.Id, Scene.Ago(-s_signIn), CancellationToken.None));
    }

    [Fact]
    public async Task What_was_added_since_counts_no_more_and_what_was_there_before_stays()
    {
        var user = await PrepareAsync(await Scene.CreateAsync(database));
        var (oldKey, newKey) = (await AddPasskeyAsync(user, s_before), await AddPasskeyAsync(user, TimeSpan.Zero));
        var (oldDevice, newDevice, newlyTrusted) = (
            await AddDeviceAsync(user.Id, s_before, trusted: null), await AddDeviceAsync(user.Id, TimeSpan.Zero, trusted: null), await AddDeviceAsync(user.Id, s_before, trusted: TimeSpan.Zero));
        var (oldLogin, newLogin) = (await AddLoginAsync(user, s_before), await AddLoginAsync(user, TimeSpan.Zero));
        await AddConsentAsync(user.Id, "old", s_before);
        await AddConsentAsync(user.Id, "new", TimeSpan.Zero);
        var totp = new TotpAuthenticator(Scene.Id(), Scene.Bytes());
        await Factors.SaveTotpAsync(user.Id, 0, totp, step: 1);
        await Factors.ReplaceRecoveryCodesAsync(user.Id, 0, ["one"], new ChangeNotice(AccountEventTypes.MfaRecoveryCodesCreated, new EventOrigin()));
        var devices = database.Get<IDeviceStore>();
        await devices.NoteCountryAsync(user.Id, "DE");
        await devices.NoteCountryAsync(user.Id, "FR");

        var (_, repudiation) = await DenyAsync(user);
        Assert.NotNull(await Transitions.RepudiateAsync(repudiation with { Country = "FR" }));

        Assert.Equal([Base64(newKey)], await Factors.ReadSuspendedPasskeysAsync(user.Id, CancellationToken.None));
        Assert.True(await Factors.NotePasskeyUseAsync(user.Id, oldKey));
        Assert.False(await Factors.NotePasskeyUseAsync(user.Id, newKey));
        Assert.Null(await Factors.FindTotpAsync(user.Id, CancellationToken.None));
        Assert.False(await Factors.ConsumeTotpStepAsync(user.Id, totp.Id, 5));
        Assert.Equal(new FactorState { Passkeys = 1 }, await Factors.ReadAsync(user.Id, CancellationToken.None));
        var logins = database.Get<IExternalLoginStore>();
        Assert.False((await logins.FindAsync(oldLogin.Issuer, oldLogin.Subject, CancellationToken.None))!.Suspended);
        Assert.True((await logins.FindAsync(newLogin.Issuer, newLogin.Subject, CancellationToken.None))!.Suspended);
        Assert.Equal([oldDevice], (await devices.ListAsync(user.Id, CancellationToken.None)).Select(device => device.Id));
        Assert.DoesNotContain(newDevice, (await devices.ListAsync(user.Id, CancellationToken.None)).Select(device => device.Id));
        Assert.NotEqual(oldDevice, newlyTrusted);
        await using var context = database.Context();
        Assert.Equal(["old"], await context.Set<ConsentRow>().Where(row => row.SubjectId == user.Id).Select(row => row.ClientId).ToListAsync());
        Assert.False(await devices.NoteCountryAsync(user.Id, "DE"));
        Assert.True(await devices.NoteCountryAsync(user.Id, "FR"));
    }

    [Fact]
    public async Task A_passkey_that_is_added_at_the_same_moment_is_suspended_or_refused()
    {
        for (var round = 0; round < 8; round++)
        {
            var user = await PrepareAsync(await Scene.CreateAsync(database));
            var (_, repudiation) = await DenyAsync(user);
            var key = Scene.Bytes();
            using var start = new Barrier(2);
            var add = Task.Run(() =>
            {
                start.SignalAndWait();
                return Factors.AddPasskeyAsync(user.Id, user.Epoch, new UserPasskeyInfo(key, [1], Scene.Ago(TimeSpan.Zero), 0, [], true, false, false, [], []));
            });
            var deny = Task.Run(() =>
            {
                start.SignalAndWait();
                return Transitions.RepudiateAsync(repudiation);
            });

            Assert.NotNull(await deny);
            Assert.Equal(await add ? [Base64(key)] : [], await Factors.ReadSuspendedPasskeysAsync(user.Id, CancellationToken.None));
            Assert.Equal(0, (await Factors.ReadAsync(user.Id, CancellationToken.None)).Passkeys);
        }
    }

    [Fact]
    public async Task Factors_from_before_stay_and_an_app_that_is_set_up_anew_counts_again()
    {
        var user = await PrepareAsync(await Scene.CreateAsync(database));
        var totp = new TotpAuthenticator(Scene.Id(), Scene.Bytes());
        await Factors.SaveTotpAsync(user.Id, 0, totp, step: 1);
        await Factors.ReplaceRecoveryCodesAsync(user.Id, 0, ["one"], new ChangeNotice(AccountEventTypes.MfaRecoveryCodesCreated, new EventOrigin()));
        var (_, later) = await DenyAsync(user);
        Assert.NotNull(await Transitions.RepudiateAsync(later with { Since = Scene.Ago(TimeSpan.FromMinutes(-1)) }));
        Assert.Equal((1, true), ((await Factors.ReadAsync(user.Id, CancellationToken.None)).RecoveryCodesLeft, (await Factors.ReadAsync(user.Id, CancellationToken.None)).TwoStep));

        var (_, earlier) = await DenyAsync(await ReadAsync(user.Id));
        Assert.NotNull(await Transitions.RepudiateAsync(earlier));
        Assert.False((await Factors.ReadAsync(user.Id, CancellationToken.None)).TwoStep);
        Assert.False(await Factors.SaveTotpAsync(user.Id, 2, totp, step: 9));
        Assert.True(await Transitions.UnlockAsync(new Unlocking { UserId = user.Id }));
        Assert.False(await Factors.SaveTotpAsync(user.Id, 1, totp, step: 9));
        Assert.False(await Factors.ReplaceRecoveryCodesAsync(user.Id, 1, ["two"]));
        Assert.True(await Factors.SaveTotpAsync(user.Id, 2, totp, step: 9));
        Assert.True((await Factors.ReadAsync(user.Id, CancellationToken.None)).TwoStep);
    }

    [Fact]
    public async Task The_address_of_the_time_of_the_sign_in_comes_back_however_often_it_was_changed()
    {
        var user = await PrepareAsync(await Scene.CreateAsync(database));
        var mine = await AddUndoAsync(user, user.Email!, TimeSpan.FromMinutes(30));
        var theirs = await AddUndoAsync(user, "thief@example.com", TimeSpan.FromMinutes(10));
        var mineOfLongAgo = await AddUndoAsync(user, "long.ago@example.com", s_before);
        await SetEmailAsync(user.Id, "thief2@example.com");
        await AskForDeletionAsync(user.Id);
        var (_, repudiation) = await DenyAsync(user);

        Assert.NotNull(await Transitions.RepudiateAsync(repudiation));

        var after = await ReadAsync(user.Id);
        Assert.Equal((user.Email, user.NormalizedEmail, true), (after.Email, after.NormalizedEmail, after.EmailConfirmed));
        Assert.Null(after.DeleteAfter);
        Assert.Equal(
            [OneTimeTokenStatus.Void, OneTimeTokenStatus.Void, OneTimeTokenStatus.Alive],
            [await StatusAsync(mine), await StatusAsync(theirs), await StatusAsync(mineOfLongAgo)]);
        await using var context = database.Context();
        Assert.Equal([user.Email], await MailsAsync(context, MailTemplates.AccountLocked, user));
    }

    [Fact]
    public async Task Links_that_a_thief_was_mailed_meanwhile_are_worth_nothing_once_the_owner_has_used_theirs()
    {
        var user = await PrepareAsync(await Scene.CreateAsync(database));
        await AddUndoAsync(user, user.Email!, TimeSpan.FromMinutes(40));
        var (theirLink, theirs) = await DenyAsync(user);
        await AddUndoAsync(user, "thief@example.com", TimeSpan.FromMinutes(20));
        await SetEmailAsync(user.Id, "thief2@example.com");
        var (_, mine) = await DenyAsync(user);

        Assert.NotNull(await Transitions.RepudiateAsync(mine));
        Assert.Equal(OneTimeTokenStatus.Void, await StatusAsync(theirLink));
        Assert.Null(await Transitions.RepudiateAsync(theirs));

        // And a void way back says nothing of the address to whoever has a further link.
        Assert.NotNull(await Transitions.RepudiateAsync((await DenyAsync(user)).Repudiation with { Since = Scene.Ago(TimeSpan.FromMinutes(30)) }));
        Assert.Equal(user.Email, (await ReadAsync(user.Id)).Email);
    }

    [Fact]
    public async Task Without_a_time_an_unlock_that_wants_a_factor_anew_trusts_none_of_the_old_ones()
    {
        var user = await PrepareAsync(await Scene.CreateAsync(database));
        await AddPasskeyAsync(user, s_before);
        Assert.True(await Transitions.UnlockAsync(new Unlocking { UserId = user.Id, RequireSecondFactor = true }));
        Assert.Equal(0, (await Factors.ReadAsync(user.Id, CancellationToken.None)).Passkeys);
    }

    [Fact]
    public async Task An_address_that_is_another_accounts_by_now_does_not_come_back_and_the_thiefs_does_not_stay()
    {
        var user = await PrepareAsync(await Scene.CreateAsync(database));
        var other = await PrepareAsync(await Scene.CreateAsync(database));
        await AddUndoAsync(user, other.Email!, TimeSpan.FromMinutes(30));
        var (_, repudiation) = await DenyAsync(user);
        Assert.NotNull(await Transitions.RepudiateAsync(repudiation));
        var after = await ReadAsync(user.Id);
        Assert.Equal((null, null, false), (after.Email, after.NormalizedEmail, after.EmailConfirmed));
    }

    [Fact]
    public async Task A_password_set_by_mail_takes_this_lock_off_and_no_lock_of_an_operator()
    {
        var (user, locked) = (await PrepareAsync(await Scene.CreateAsync(database)), await PrepareAsync(await Scene.CreateAsync(database)));
        await Transitions.LockAsync(locked.Id, "seen in a leak");
        foreach (var id in new[] { user.Id, locked.Id })
        {
            Assert.NotNull(await Transitions.RepudiateAsync((await DenyAsync(await ReadAsync(id))).Repudiation));
            var reader = await ReadAsync(id);
            var reset = await IssueAsync(reader, OneTimeTokenPurposes.ResetPassword, content: null, reader.SecurityStamp);
            Assert.NotNull(await Transitions.ResetPasswordAsync(new ProvenReset
            {
                UserId = id,
                PasswordHash = "new hash",
                Purpose = OneTimeTokenPurposes.ResetPassword,
                Link = OneTimeLink.Parse(reset.Text)!,
                Notice = new ChangeNotice(AccountEventTypes.PasswordReset, new EventOrigin()),
            }));
        }

        var (free, still) = (await ReadAsync(user.Id), await ReadAsync(locked.Id));
        Assert.Equal((null, null, "new hash"), (free.DisabledAt, free.DisabledReason, free.PasswordHash));
        Assert.Equal(("seen in a leak", "new hash"), (still.DisabledReason, still.PasswordHash));
        Assert.NotNull(still.DisabledAt);
    }

    [Fact]
    public async Task A_link_is_good_once_and_only_for_its_purpose_and_person()
    {
        var user = await PrepareAsync(await Scene.CreateAsync(database));
        var (_, repudiation) = await DenyAsync(user);
        Assert.Null(await Transitions.RepudiateAsync(repudiation with { Purpose = OneTimeTokenPurposes.UndoEmailChange }));
        Assert.Null(await Transitions.RepudiateAsync(repudiation with { UserId = (await PrepareAsync(await Scene.CreateAsync(database))).Id }));
        Assert.Null(await Transitions.RepudiateAsync(repudiation with { Link = repudiation.Link with { SecretHash = Scene.Bytes() } }));
        var key = await AddPasskeyAsync(user, TimeSpan.Zero);
        Assert.True(await Factors.NotePasskeyUseAsync(user.Id, key));
        Assert.Equal("old hash", (await ReadAsync(user.Id)).PasswordHash);
        await using (var context = database.Context())
        {
            Assert.Empty(await MailsAsync(context, MailTemplates.AccountLocked, user));
        }

        using var barrier = new Barrier(Presentations);
        var answers = await Task.WhenAll(Enumerable.Range(0, Presentations).Select(_ => Task.Factory.StartNew(
            () =>
            {
                barrier.SignalAndWait();
                return Transitions.RepudiateAsync(repudiation).GetAwaiter().GetResult();
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));
        Assert.Single(answers, answer => answer is not null);
        Assert.Equal(1, (await ReadAsync(user.Id)).Epoch);
    }

    [Fact]
    [Trait("row", "E7")]
    public async Task An_unlock_can_want_a_second_factor_anew()
    {
        var user = await PrepareAsync(await Scene.CreateAsync(database));
        var (key, theirs) = (await AddPasskeyAsync(user, s_before), await AddPasskeyAsync(user, TimeSpan.Zero));
        var login = await AddLoginAsync(user, TimeSpan.Zero);
        var totp = new TotpAuthenticator(Scene.Id(), Scene.Bytes());
        await Factors.SaveTotpAsync(user.Id, 0, totp, step: 1);
        await Factors.ReplaceRecoveryCodesAsync(user.Id, 0, ["one"]);
        var wayBack = await AddUndoAsync(user, "thief@example.com", TimeSpan.Zero);
        await Transitions.LockAsync(user.Id, "seen in a leak");
        var unlocking = new Unlocking { UserId = user.Id, RemovePassword = true, RequireSecondFactor = true, Since = Scene.Ago(TimeSpan.FromDays(1)) };
        Assert.True(await Transitions.UnlockAsync(unlocking));

        var after = await ReadAsync(user.Id);
        Assert.Equal((null, null, true), (after.PasswordHash, after.DisabledAt, after.MustEnrolSecondFactor));
        Assert.Equal(new FactorState { Passkeys = 1 }, await Factors.ReadAsync(user.Id, CancellationToken.None));
        Assert.True(await Factors.NotePasskeyUseAsync(user.Id, key));
        Assert.False(await Factors.NotePasskeyUseAsync(user.Id, theirs));
        Assert.True((await database.Get<IExternalLoginStore>().FindAsync(login.Issuer, login.Subject, CancellationToken.None))!.Suspended);
        Assert.Equal(OneTimeTokenStatus.Void, await StatusAsync(wayBack));
        await Factors.SaveTotpAsync(user.Id, 1, totp, step: 5);
        Assert.False((await ReadAsync(user.Id)).MustEnrolSecondFactor);
        await using var context = database.Context();
        Assert.Equal(
            [AccountEventTypes.AccountLocked, AccountEventTypes.AccountUnlocked],
            await context.Set<SecurityEventRow>().Where(row => row.SubjectId == user.Id).OrderBy(row => row.Id).Select(row => row.Type).ToListAsync());
    }

    private async Task<User> PrepareAsync(Scene scene)
    {
        var email = scene.UserId.ToString("N") + "@Example.com";
        await using (var context = database.Context())
        {
            await context.Users.Where(it => it.Id == scene.UserId).ExecuteUpdateAsync(it => it
                .SetProperty(row => row.Email, email).SetProperty(row => row.NormalizedEmail, email.ToUpperInvariant())
                .SetProperty(row => row.EmailConfirmed, true).SetProperty(row => row.PasswordHash, "old hash").SetProperty(row => row.SecurityStamp, "stamp"));
        }

        return await ReadAsync(scene.UserId);
    }

    private async Task<(PreparedToken Link, Repudiation Repudiation)> DenyAsync(User user)
    {
        var link = await IssueAsync(user, OneTimeTokenPurposes.NotMe, "{}", stamp: null);
        return (link, new Repudiation
        {
            UserId = user.Id,
            Purpose = OneTimeTokenPurposes.NotMe,
            Link = OneTimeLink.Parse(link.Text)!,
            Since = Scene.Ago(s_signIn),
            Lock = true,
            Notice = new ChangeNotice(AccountEventTypes.SignInDenied, new EventOrigin()) { Mail = MailTemplates.AccountLocked },
        });
    }

    private async Task<PreparedToken> IssueAsync(User user, string purpose, string? content, string? stamp)
    {
        var prepared = _issuer.Prepare(new OneTimeTokenRequest { Purpose = purpose, UserId = user.Id, Lifetime = TimeSpan.FromDays(7), Content = content, SecurityStamp = stamp });
        await database.Get<IOneTimeTokenStore>().IssueAsync(prepared.Token, mail: null);
        return prepared;
    }

    private async Task<PreparedToken> AddUndoAsync(User user, string email, TimeSpan age)
    {
        var content = JsonSerializer.Serialize(new { email, normalized = email.ToUpperInvariant() });
        var token = await IssueAsync(user, OneTimeTokenPurposes.UndoEmailChange, content, stamp: null);
        var made = Scene.Ago(age);
        await using var context = database.Context();
        await context.Set<IdentityProvider.Storage.OneTimeTokens.OneTimeTokenRow>().Where(row => row.Id == token.Token.Id).ExecuteUpdateAsync(it => it.SetProperty(row => row.CreatedAt, made));
        return token;
    }

    private async Task<OneTimeTokenStatus> StatusAsync(PreparedToken token) =>
        (await database.Get<IOneTimeTokenStore>().LookAsync(token.Token.Purpose, OneTimeLink.Parse(token.Text)!, CancellationToken.None))!.Status;

    private async Task<byte[]> AddPasskeyAsync(User user, TimeSpan age)
    {
        var id = Scene.Bytes();
        await using var scope = database.Services.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<User>>();
        Assert.True((await users.AddOrUpdatePasskeyAsync(
            (await users.FindByIdAsync(user.Id.ToString("D")))!, new UserPasskeyInfo(id, [1], Scene.Ago(age), 0, [], true, false, false, [], []))).Succeeded);
        return id;
    }

    private async Task<Guid> AddDeviceAsync(Guid userId, TimeSpan age, TimeSpan? trusted)
    {
        var id = Scene.Id();
        await using var context = database.Context();
        context.Add(new KnownDeviceRow
        {
            Id = id,
            UserId = userId,
            SecretHash = Scene.Bytes(),
            Failures = 0,
            CreatedAt = Scene.Ago(age),
            TrustedSince = trusted is { } since ? Scene.Ago(since) : null,
            LastSeenAt = Scene.Ago(TimeSpan.Zero),
            ExpiresAt = Scene.Ago(TimeSpan.FromDays(-1)),
        });
        await context.SaveChangesAsync();
        return id;
    }

    private async Task<ExternalLogin> AddLoginAsync(User user, TimeSpan age)
    {
        var login = new ExternalLogin { Issuer = "https://upstream.example", Subject = Scene.Id().ToString("N"), UserId = user.Id, CreatedAt = Scene.Ago(age) };
        Assert.Equal(LinkOutcome.Linked, await database.Get<IExternalLoginStore>().LinkAsync(login, userEpoch: 0));
        return login;
    }

    private async Task AddConsentAsync(Guid userId, string client, TimeSpan age)
    {
        await using var context = database.Context();
        context.Add(new ConsentRow { SubjectId = userId, ClientId = client, Scopes = ["openid"], GrantedAt = Scene.Ago(age) });
        await context.SaveChangesAsync();
    }

    private async Task SetEmailAsync(Guid userId, string email)
    {
        await using var context = database.Context();
        await context.Users.Where(it => it.Id == userId).ExecuteUpdateAsync(it => it
            .SetProperty(row => row.Email, email).SetProperty(row => row.NormalizedEmail, email.ToUpperInvariant()));
    }

    private async Task AskForDeletionAsync(Guid userId)
    {
        var after = Scene.Ago(TimeSpan.FromDays(-14));
        await using var context = database.Context();
        await context.Users.Where(it => it.Id == userId).ExecuteUpdateAsync(it => it.SetProperty(row => row.DeleteAfter, after));
    }

    private static async Task<IReadOnlyList<string?>> MailsAsync(IdentityProvider.Storage.Database.IdentityProviderContext context, string template, User user) =>
    [
        .. (await context.Set<OutboxRow>().AsNoTracking().Where(row => row.Kind == OutgoingMail.Kind).ToListAsync())
            .Select(row => OutgoingMail.Parse(row.Payload)).Where(mail => mail.Template == template && mail.Values["username"] == user.UserName).Select(mail => mail.To),
    ];

    private async Task<User> ReadAsync(Guid userId)
    {
        await using var context = database.Context();
        return await context.Users.AsNoTracking().SingleAsync(user => user.Id == userId);
    }

    private static string Base64(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);
}

public sealed class SqliteRepudiationTests(SqliteTestDatabase database) : RepudiationContract(database), IClassFixture<SqliteTestDatabase>;

public sealed class PostgresRepudiationTests(PostgresTestDatabase database) : RepudiationContract(database), IClassFixture<PostgresTestDatabase>;

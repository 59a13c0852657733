using System.Security.Claims;
using System.Security.Cryptography;
using IdentityProvider.Accounts.Sessions;
using IdentityProvider.Accounts.Users;
using IdentityProvider.Protocol.Clients;
using IdentityProvider.Protocol.Grants;
using IdentityProvider.Protocol.Subjects;
using IdentityProvider.Storage.Clients;
using IdentityProvider.Storage.Grants;
using IdentityProvider.Storage.Sessions;
using IdentityProvider.Storage.Tests.Databases;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace IdentityProvider.Storage.Tests.Grants;

/// <summary>
/// A person with a session, and a client, of one test. The decisions use the database's clock, so time passes by moving what
/// the rows say.
/// </summary>
public sealed class Scene
{
    public const string RedirectUri = "https://client.example/callback";
    public const string Challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    private Scene(TestDatabase database) => Database = database;

    public TestDatabase Database { get; }

    public Guid UserId { get; } = Id();

    public Guid SessionId { get; } = Id();

    public byte[] SessionHandle { get; } = Bytes();

    public string ClientId { get; } = "client-" + Id().ToString("N");

    public IGrantStore Grants => Database.Grants;

    public static Guid Id() => Guid.CreateVersion7(TimeProvider.System.GetUtcNow());

    public static byte[] Bytes() => RandomNumberGenerator.GetBytes(32);

    public static async Task<Scene> CreateAsync(TestDatabase database, bool registerClient = true)
    {
        var scene = new Scene(database);
        await using (var context = database.Context())
        {
            var now = TimeProvider.System.GetUtcNow();
            context.Add(new User
            {
                Id = scene.UserId,
                UserName = "u" + scene.UserId.ToString("N"),
                Email = "u@example.org",
                EmailConfirmed = true,
                SecurityStamp = "stamp",
                CreatedAt = now,
                UpdatedAt = now,
            });
            if (registerClient)
            {
                var client = new Client { ClientId = scene.ClientId };
                context.Set<CatalogRow>(CatalogRow.Clients).Add(
                    new CatalogRow { Name = scene.ClientId, Document = CatalogDocuments.Write(client), UpdatedAt = now });
            }

            await context.SaveChangesAsync();
        }

        Assert.True(await scene.SaveSessionAsync());
        return scene;
    }

    public Task<bool> SaveSessionAsync(Func<NewSession, NewSession>? change = null)
    {
        var session = new NewSession
        {
            Id = SessionId,
            HandleHash = SessionHandle,
            UserId = UserId,
            UserEpoch = 0,
            Acr = "1",
            Amr = ["pwd"],
            Persistent = false,
            IdleLifetime = TimeSpan.FromHours(10),
            AbsoluteLifetime = TimeSpan.FromDays(30),
        };
        return Database.Get<ISessionStore>().SaveAsync(change?.Invoke(session) ?? session);
    }

    public NewAuthorizationCode NewCode() => new()
    {
        CodeHash = Bytes(),
        ClientId = ClientId,
        SubjectId = UserId,
        SubjectEpoch = 0,
        SessionId = SessionId,
        RedirectUri = RedirectUri,
        CodeChallenge = Challenge,
        Nonce = "n-0S6",
        Scopes = ["openid", "api", "offline_access"],
        Resources = ["https://api.example"],
        ClaimsRequest = """{"id_token":{"acr":null}}""",
        AuthTime = new DateTimeOffset(2030, 1, 2, 3, 4, 5, TimeSpan.Zero),
        Acr = "2",
        Amr = ["pwd", "otp"],
        Lifetime = TimeSpan.FromSeconds(60),
        IssueRefreshToken = true,
    };

    public async Task<CodePresentation> IssueAsync(Func<NewAuthorizationCode, NewAuthorizationCode>? change = null)
    {
        var code = change?.Invoke(NewCode()) ?? NewCode();
        Assert.Equal(CodeIssueVerdict.Issued, await Grants.IssueCodeAsync(code));
        return new CodePresentation
        {
            CodeHash = code.CodeHash,
            ClientId = code.ClientId,
            ClientAuthenticated = true,
            RedirectUri = code.RedirectUri,
            VerifierChallenge = code.CodeChallenge,
            DoubleSubmitWindow = TimeSpan.FromSeconds(5),
            GrantId = Id(),
            RefreshSecretHash = Bytes(),
            RefreshAbsoluteLifetime = TimeSpan.FromDays(30),
            RefreshIdleLifetime = TimeSpan.FromDays(14),
            AccessTokenLifetime = TimeSpan.FromMinutes(15),
        };
    }

    /// <summary>Redeems a new code, and returns its first refresh token.</summary>
    public async Task<RefreshPresentation> FamilyAsync(Func<NewAuthorizationCode, NewAuthorizationCode>? change = null)
    {
        var presentation = await IssueAsync(change);
        Assert.Equal(CodeVerdict.Redeemed, (await Grants.RedeemCodeAsync(presentation)).Verdict);
        return FirstTokenOf(presentation);
    }

    /// <summary>What this redemption gave.</summary>
    public RefreshPresentation FirstTokenOf(CodePresentation redeemed) => new()
    {
        FamilyId = redeemed.GrantId,
        Generation = RefreshPresentation.FirstGeneration,
        SecretHash = redeemed.RefreshSecretHash,
        ClientId = ClientId,
        ClientAuthenticated = false,
        Rotate = true,
        SuccessorHash = Bytes(),
        SealedSuccessor = Bytes(),
        Network = "192.0.2.0/24",
        UserAgent = "Firefox",
        RetryWindow = TimeSpan.FromSeconds(30),
        LostResponseWindow = TimeSpan.FromMinutes(10),
        SlidingLifetime = TimeSpan.FromDays(14),
    };

    /// <summary>The token that a rotation of this one gave.</summary>
    public static RefreshPresentation Successor(RefreshPresentation rotated) => rotated with
    {
        Generation = rotated.Generation + 1,
        SecretHash = rotated.SuccessorHash,
        SuccessorHash = Bytes(),
        SealedSuccessor = Bytes(),
    };

    public async Task<RefreshPresentation> RotateAsync(RefreshPresentation token)
    {
        Assert.Equal(RefreshVerdict.Rotated, (await Grants.RefreshAsync(token)).Verdict);
        return Successor(token);
    }

    /// <summary>What is refused changes nothing, and is refused by the statement for clients that rotate as by the one for those that do not.</summary>
    public async Task<RefreshVerdict> RefreshAsync(RefreshPresentation token)
    {
        var verdict = (await Grants.RefreshAsync(token)).Verdict;
        if (verdict is RefreshVerdict.Unknown or RefreshVerdict.WrongClient or RefreshVerdict.Dead or RefreshVerdict.WrongDevice
            or RefreshVerdict.InvalidScope or RefreshVerdict.InvalidTarget)
        {
            Assert.Equal(verdict, (await Grants.RefreshAsync(token with { Rotate = !token.Rotate })).Verdict);
        }

        return verdict;
    }

    /// <summary>Introspection asks without the subject, userinfo with it: two statements that must agree.</summary>
    public async Task<bool> IsActiveAsync(Guid grantId)
    {
        var token = new AccessTokenReference(grantId, Bytes(), ClientId);
        var active = await Grants.CheckAccessTokenAsync(token, withSubject: false, CancellationToken.None) is not null;
        Assert.Equal(active, await Grants.CheckAccessTokenAsync(token, withSubject: true, CancellationToken.None) is not null);
        return active;
    }

    internal async Task<GrantRow> GrantAsync(Guid id)
    {
        await using var context = Database.Context();
        return await context.Set<GrantRow>().SingleAsync(row => row.Id == id);
    }

    /// <summary>Lets the last rotation be this long ago.</summary>
    public async Task AgeRotationAsync(Guid familyId, TimeSpan age)
    {
        DateTimeOffset? rotatedAt = (await GrantAsync(familyId)).RotatedAt - age;
        await using var context = Database.Context();
        await context.Set<GrantRow>().Where(row => row.Id == familyId)
            .ExecuteUpdateAsync(row => row.SetProperty(it => it.RotatedAt, rotatedAt));
    }

    public async Task ExpireGrantAsync(Guid id, bool absolute)
    {
        var past = Ago(TimeSpan.FromSeconds(1));
        await using var context = Database.Context();
        var grants = context.Set<GrantRow>().Where(row => row.Id == id);
        await (absolute
            ? grants.ExecuteUpdateAsync(row => row.SetProperty(it => it.AbsoluteExpiresAt, past))
            : grants.ExecuteUpdateAsync(row => row.SetProperty(it => it.IdleExpiresAt, past)));
    }

    public async Task ExpireSessionAsync(bool absolute)
    {
        var past = Ago(TimeSpan.FromSeconds(1));
        await using var context = Database.Context();
        var sessions = context.Set<SessionRow>().Where(row => row.Id == SessionId);
        await (absolute
            ? sessions.ExecuteUpdateAsync(row => row.SetProperty(it => it.AbsoluteExpiresAt, past))
            : sessions.ExecuteUpdateAsync(row => row.SetProperty(it => it.IdleExpiresAt, past)));
    }

    public Task EndSessionAsync() => Database.Get<ISessionStore>().EndAsync(SessionId, "logout");

    public async Task RaiseEpochAsync()
    {
        await using var context = Database.Context();
        await context.Users.Where(user => user.Id == UserId).ExecuteUpdateAsync(user => user.SetProperty(it => it.Epoch, it => it.Epoch + 1));
    }

    public async Task DisableUserAsync()
    {
        DateTimeOffset? now = Ago(TimeSpan.Zero);
        await using var context = Database.Context();
        await context.Users.Where(user => user.Id == UserId).ExecuteUpdateAsync(user => user.SetProperty(it => it.DisabledAt, now));
    }

    public Task DisableClientAsync() => Database.Get<ICatalogStore>().ApplyAsync(
        new CatalogContents { Clients = [new Client { ClientId = ClientId, Enabled = false }] }, new CatalogRemovals(), CancellationToken.None);

    /// <summary>Removes the client, and gives its name to another one.</summary>
    public async Task ReplaceClientAsync()
    {
        var catalog = Database.Get<ICatalogStore>();
        await catalog.ApplyAsync(new CatalogContents(), new CatalogRemovals { Clients = [ClientId] }, CancellationToken.None);
        await catalog.ApplyAsync(new CatalogContents { Clients = [new Client { ClientId = ClientId }] }, new CatalogRemovals(), CancellationToken.None);
    }

    /// <summary>Gives the person claims and roles. What a statement says of somebody must be of nobody else: describe two.</summary>
    public async Task DescribeUserAsync()
    {
        await using var scope = Database.Services.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<User>>();
        var roles = scope.ServiceProvider.GetRequiredService<RoleManager<IdentityRole<Guid>>>();
        foreach (var role in (string[])["operator", "auditor"])
        {
            if (!await roles.RoleExistsAsync(role))
            {
                await roles.CreateAsync(new IdentityRole<Guid>(role) { Id = Id() });
            }
        }

        var user = (await users.FindByIdAsync(UserId.ToString()))!;
        user.EmailConfirmed = true;
        user.PhoneNumber = "+49 30 1";
        user.PhoneNumberConfirmed = true;
        user.UpdatedAt = new DateTimeOffset(2030, 1, 2, 3, 4, 5, TimeSpan.Zero);
        await users.UpdateAsync(user);
        await users.AddClaimAsync(user, new Claim("name", "Ada \"Łukasz\" 🦉"));
        await users.AddClaimAsync(user, new Claim("age", "36", ClaimValueTypes.Integer64));
        await users.AddToRolesAsync(user, ["operator", "auditor"]);
    }

    public void CheckDescribed(SubjectRecord subject)
    {
        Assert.Equal(
            (UserId.ToString("D"), "u" + UserId.ToString("N"), "u@example.org", true, "+49 30 1", true),
            (subject.Subject, subject.Username, subject.Email, subject.EmailVerified, subject.PhoneNumber, subject.PhoneNumberVerified));
        Assert.Equal(["auditor", "operator"], subject.Roles);
        Assert.Equal(
            [("name", "Ada \"Łukasz\" 🦉", null), ("age", "36", ClaimValueTypes.Integer64), ("updated_at", "1893553445", ClaimValueTypes.Integer64)],
            subject.Claims.Select(claim => (claim.Type, claim.Value, claim.ValueType)));
    }

    public static DateTimeOffset Ago(TimeSpan age) => TimeProvider.System.GetUtcNow() - age;
}

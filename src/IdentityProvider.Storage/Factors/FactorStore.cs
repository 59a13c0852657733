using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using IdentityProvider.Accounts.Events;
using IdentityProvider.Accounts.Factors;
using IdentityProvider.Protocol.Keys;
using IdentityProvider.Protocol.Outbox;
using IdentityProvider.Storage.Database;
using IdentityProvider.Storage.Events;
using IdentityProvider.Storage.Upstream;
using IdentityProvider.Storage.Users;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace IdentityProvider.Storage.Factors;

/// <summary>
/// Second factors on either database. What is used once is used by a single UPDATE, DELETE or INSERT, whose row count says who was first:
/// under READ COMMITTED the one who waits for the row judges the condition again.
/// </summary>
internal sealed class FactorStore(Func<IdentityProviderContext> contexts, RootKey root, OutboxSignal outbox, TimeProvider time) : IFactorStore
{
    private const string SecretPurpose = "totp-secret";

    private readonly byte[] _recoveryCodeKey = root.Derive("recovery-codes");

    public async Task<FactorState> ReadAsync(Guid userId, CancellationToken cancellationToken)
    {
        await using var context = contexts();
        return await context.Users.Where(user => user.Id == userId)
            .Select(user => new FactorState
            {
                TotpSince = Accepted(context, userId).Select(totp => (DateTimeOffset?)totp.CreatedAt).FirstOrDefault(),
                RecoveryCodesLeft = context.Set<RecoveryCodeRow>().Count(code => code.UserId == userId),
                Passkeys = context.Set<IdentityUserPasskey<Guid>>().Count(passkey => passkey.UserId == userId)
                    - context.Set<SuspensionRow>().Count(suspension => suspension.UserId == userId && suspension.Kind == SuspensionRow.Passkey),
                PasskeyOfferDeclined = context.Set<PasskeyOfferRow>().Any(offer => offer.UserId == userId),
            })
            .SingleOrDefaultAsync(cancellationToken) ?? new FactorState();
    }

    public async Task<TotpAuthenticator?> FindTotpAsync(Guid userId, CancellationToken cancellationToken)
    {
        await using var context = contexts();
        return await Accepted(context, userId).AsNoTracking().SingleOrDefaultAsync(cancellationToken) is { } row
            ? new TotpAuthenticator(row.Id, root.Open(SecretPurpose, row.SealedSecret, userId.ToString("D")))
            : null;
    }

    public async Task<bool> SaveTotpAsync(Guid userId, long userEpoch, TotpAuthenticator authenticator, long step, ChangeNotice? notice = null)
    {
        await using var context = contexts();
        await using var transaction = await context.Database.BeginTransactionAsync();
        if (!await TakeAsync(context, userId, userEpoch))
        {
            return false;
        }

        var secret = root.Seal(SecretPurpose, authenticator.Secret, userId.ToString("D"));
        await context.Database.ExecuteSqlAsync($"""
            INSERT INTO totp_authenticators (user_id, id, sealed_secret, last_step, created_at)
            VALUES ({userId}, {authenticator.Id}, {secret}, {step}, {time.GetUtcNow()})
            ON CONFLICT (user_id) DO UPDATE SET id = excluded.id, sealed_secret = excluded.sealed_secret,
                last_step = excluded.last_step, created_at = excluded.created_at
            """);
        await context.Set<SuspensionRow>().Where(row => row.UserId == userId && row.Kind == SuspensionRow.Totp).ExecuteDeleteAsync();
        await context.Users.Where(user => user.Id == userId).ExecuteUpdateAsync(update => update.SetProperty(user => user.MustEnrolSecondFactor, false));
        await CommitAsync(context, transaction, userId, notice);
        return true;
    }

    public async Task<bool> ConsumeTotpStepAsync(Guid userId, Guid authenticatorId, long step)
    {
        await using var context = contexts();
        return await Accepted(context, userId)
            .Where(totp => totp.Id == authenticatorId && totp.LastStep < step)
            .ExecuteUpdateAsync(update => update.SetProperty(totp => totp.LastStep, step)) == 1;
    }

    public async Task<bool> RemoveTotpAsync(Guid userId, ChangeNotice? notice = null)
    {
        await using var context = contexts();
        await using var transaction = await context.Database.BeginTransactionAsync();
        var removed = await context.Set<TotpRow>()
            .Where(totp => totp.UserId == userId && !context.Users.Any(user => user.Id == userId && user.HasShortPassword))
            .ExecuteDeleteAsync() == 1;
        if (removed)
        {
            await context.Set<RecoveryCodeRow>().Where(code => code.UserId == userId).ExecuteDeleteAsync();
            await CommitAsync(context, transaction, userId, notice);
        }

        return removed;
    }

    public async Task<bool> ReplaceRecoveryCodesAsync(Guid userId, long userEpoch, IReadOnlyList<string> codes, ChangeNotice? notice = null)
    {
        await using var context = contexts();
        await using var transaction = await context.Database.BeginTransactionAsync();
        if (!await TakeAsync(context, userId, userEpoch))
        {
            return false;
        }

        await context.Set<RecoveryCodeRow>().Where(code => code.UserId == userId).ExecuteDeleteAsync();
        context.AddRange(codes.Select(code => new RecoveryCodeRow { UserId = userId, CodeHash = Hash(userId, code) }));
        await context.SaveChangesAsync();
        await CommitAsync(context, transaction, userId, notice);
        return true;
    }

    public async Task<bool> ConsumeRecoveryCodeAsync(Guid userId, string code, ChangeNotice? notice = null)
    {
        var hash = Hash(userId, code);
        await using var context = contexts();
        await using var transaction = await context.Database.BeginTransactionAsync();
        var used = await context.Set<RecoveryCodeRow>().Where(row => row.UserId == userId && row.CodeHash == hash).ExecuteDeleteAsync() == 1;
        if (used)
        {
            await CommitAsync(context, transaction, userId, notice);
        }

        return used;
    }

    public async Task<bool> ConsumeChallengeAsync(Guid challengeId, TimeSpan lifetime)
    {
        await using var context = contexts();
        return await context.Database.ExecuteSqlAsync(
            $"INSERT INTO used_challenges (id, expires_at) VALUES ({challengeId}, {time.GetUtcNow() + lifetime}) ON CONFLICT DO NOTHING") == 1;
    }

    public async Task<IReadOnlyDictionary<string, DateTimeOffset>> ReadPasskeyUsesAsync(Guid userId, CancellationToken cancellationToken)
    {
        await using var context = contexts();
        var uses = await context.Set<PasskeyUseRow>().AsNoTracking().Where(use => use.UserId == userId).ToListAsync(cancellationToken);
        return uses.ToDictionary(use => Base64Url.EncodeToString(use.CredentialId), use => use.LastUsedAt, StringComparer.Ordinal);
    }

    public async Task<IReadOnlySet<string>> ReadSuspendedPasskeysAsync(Guid userId, CancellationToken cancellationToken)
    {
        await using var context = contexts();
        var keys = await context.Set<SuspensionRow>().Where(row => row.UserId == userId && row.Kind == SuspensionRow.Passkey)
            .Select(row => row.Key).ToListAsync(cancellationToken);
        return keys.Select(key => Base64Url.EncodeToString(Convert.FromHexString(key))).ToHashSet(StringComparer.Ordinal);
    }

    public async Task<bool> NotePasskeyUseAsync(Guid userId, byte[] credentialId)
    {
        await using var context = contexts();
        return await context.Database.ExecuteSqlAsync($"""
            INSERT INTO passkey_uses (credential_id, user_id, last_used_at)
            SELECT {credentialId}, {userId}, {time.GetUtcNow()}
            WHERE NOT EXISTS (
                SELECT 1 FROM suspensions WHERE user_id = {userId} AND kind = {SuspensionRow.Passkey} AND key = {Convert.ToHexStringLower(credentialId)})
            ON CONFLICT (credential_id) DO UPDATE SET user_id = excluded.user_id, last_used_at = excluded.last_used_at
            """) == 1;
    }

    public async Task<bool> AddPasskeyAsync(Guid userId, long userEpoch, UserPasskeyInfo passkey, ChangeNotice? notice = null)
    {
        ArgumentNullException.ThrowIfNull(passkey);
        await using var context = contexts();
        await using var transaction = await context.Database.BeginTransactionAsync();
        if (!await TakeAsync(context, userId, userEpoch))
        {
            return false;
        }

        context.Add(new IdentityUserPasskey<Guid>
        {
            UserId = userId,
            CredentialId = passkey.CredentialId,
            Data = new IdentityPasskeyData
            {
                PublicKey = passkey.PublicKey,
                Name = passkey.Name,
                CreatedAt = passkey.CreatedAt,
                SignCount = passkey.SignCount,
                Transports = passkey.Transports,
                IsUserVerified = passkey.IsUserVerified,
                IsBackupEligible = passkey.IsBackupEligible,
                IsBackedUp = passkey.IsBackedUp,
                AttestationObject = passkey.AttestationObject,
                ClientDataJson = passkey.ClientDataJson,
            },
        });
        try
        {
            await context.SaveChangesAsync();
        }
        catch (DbUpdateException error) when (!StorageOutage.IsOutage(error))
        {
            return false;
        }

        await context.Users.Where(user => user.Id == userId).ExecuteUpdateAsync(update => update.SetProperty(user => user.MustEnrolSecondFactor, false));
        await CommitAsync(context, transaction, userId, notice);
        return true;
    }

    /// <summary>An UPDATE, whatever happened since the row was read: what was removed does not come back.</summary>
    public async Task<bool> UpdatePasskeyAsync(Guid userId, UserPasskeyInfo passkey)
    {
        ArgumentNullException.ThrowIfNull(passkey);
        await using var context = contexts();
        var row = await context.Set<IdentityUserPasskey<Guid>>()
            .SingleOrDefaultAsync(row => row.UserId == userId && row.CredentialId == passkey.CredentialId);
        if (row is null)
        {
            return false;
        }

        row.Data.Name = passkey.Name;
        row.Data.SignCount = passkey.SignCount;
        row.Data.IsBackedUp = passkey.IsBackedUp;
        row.Data.IsUserVerified = passkey.IsUserVerified;
        try
        {
            await context.SaveChangesAsync();
            return true;
        }
        catch (DbUpdateConcurrencyException)
        {
            return false;
        }
    }

    public async Task<PasskeyRemoval> RemovePasskeyAsync(Guid userId, long userEpoch, byte[] credentialId, ChangeNotice? notice = null)
    {
        var key = Convert.ToHexStringLower(credentialId);
        await using var context = contexts();
        await using var transaction = await context.Database.BeginTransactionAsync();
        if (!await TakeAsync(context, userId, userEpoch))
        {
            return PasskeyRemoval.NotFound;
        }

        var removed = await context.Database.ExecuteSqlAsync($"""
            DELETE FROM "AspNetUserPasskeys" WHERE "UserId" = {userId} AND "CredentialId" = {credentialId} AND (
                EXISTS (SELECT 1 FROM suspensions s WHERE s.user_id = {userId} AND s.kind = {SuspensionRow.Passkey} AND s.key = {key})
                OR EXISTS (SELECT 1 FROM "AspNetUsers" u WHERE u."Id" = {userId} AND u."PasswordHash" IS NOT NULL)
                OR (SELECT count(*) FROM "AspNetUserPasskeys" p WHERE p."UserId" = {userId})
                    > (SELECT count(*) FROM suspensions s WHERE s.user_id = {userId} AND s.kind = {SuspensionRow.Passkey}) + 1
                OR EXISTS (SELECT 1 FROM external_logins o WHERE o.user_id = {userId}
                    AND NOT EXISTS (SELECT 1 FROM suspensions s
                        WHERE s.user_id = {userId} AND s.kind = {ExternalLoginRow.SuspensionKind} AND s.key = o.issuer || ' ' || o.subject)))
            """);
        if (removed == 1)
        {
            await context.Set<PasskeyUseRow>().Where(use => use.UserId == userId && use.CredentialId == credentialId).ExecuteDeleteAsync();
            await context.Set<SuspensionRow>()
                .Where(row => row.UserId == userId && row.Kind == SuspensionRow.Passkey && row.Key == key).ExecuteDeleteAsync();
            await CommitAsync(context, transaction, userId, notice);
            return PasskeyRemoval.Removed;
        }

        return await context.Set<IdentityUserPasskey<Guid>>().AnyAsync(row => row.UserId == userId && row.CredentialId == credentialId)
            ? PasskeyRemoval.LastMeans
            : PasskeyRemoval.NotFound;
    }

    public async Task DeclinePasskeyOfferAsync(Guid userId)
    {
        await using var context = contexts();
        await context.Database.ExecuteSqlAsync(
            $"INSERT INTO passkey_offers (user_id, declined_at) VALUES ({userId}, {time.GetUtcNow()}) ON CONFLICT DO NOTHING");
    }

    public async Task TellAsync(Guid userId, ChangeNotice notice)
    {
        await using var context = contexts();
        await using var transaction = await context.Database.BeginTransactionAsync();
        await CommitAsync(context, transaction, userId, notice);
    }

    /// <summary>
    /// Takes the person's row first, like every change of a person: what somebody adds while they are being locked out is either there before,
    /// and suspended, or refused.
    /// </summary>
    private static async Task<bool> TakeAsync(IdentityProviderContext context, Guid userId, long userEpoch)
    {
        var stamp = Stamps.New().Concurrency;
        return await context.Users.Where(user => user.Id == userId && user.Epoch == userEpoch && user.DisabledAt == null)
            .ExecuteUpdateAsync(update => update.SetProperty(user => user.ConcurrencyStamp, stamp)) == 1;
    }

    /// <summary>The authenticator app, unless it is suspended. That its id is written with capitals or not depends on the database.</summary>
#pragma warning disable CA1304, CA1311, CA1862 // This is SQL: lower() of an id.
    private static IQueryable<TotpRow> Accepted(IdentityProviderContext context, Guid userId) => context.Set<TotpRow>().Where(totp => totp.UserId == userId
        && !context.Set<SuspensionRow>().Any(row => row.UserId == userId && row.Kind == SuspensionRow.Totp && row.Key == totp.Id.ToString().ToLower()));
#pragma warning restore CA1304, CA1311, CA1862

    /// <summary>Commits with what tells of it.</summary>
    private async Task CommitAsync(IdentityProviderContext context, IDbContextTransaction transaction, Guid userId, ChangeNotice? notice)
    {
        var mails = await ChangeNotices.AddAsync(context, notice, userId, time.GetUtcNow());
        await transaction.CommitAsync();
        if (mails)
        {
            outbox.Set();
        }
    }

    private byte[] Hash(Guid userId, string code) => HMACSHA256.HashData(_recoveryCodeKey, Encoding.UTF8.GetBytes($"{userId:D}:{code}"));
}

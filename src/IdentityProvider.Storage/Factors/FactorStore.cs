using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using IdentityProvider.Accounts.Events;
using IdentityProvider.Accounts.Factors;
using IdentityProvider.Protocol.Keys;
using IdentityProvider.Protocol.Outbox;
using IdentityProvider.Storage.Database;
using IdentityProvider.Storage.Events;
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
                TotpSince = context.Set<TotpRow>().Where(totp => totp.UserId == userId).Select(totp => (DateTimeOffset?)totp.CreatedAt).FirstOrDefault(),
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
        return await context.Set<TotpRow>().AsNoTracking().SingleOrDefaultAsync(totp => totp.UserId == userId, cancellationToken) is { } row
            ? new TotpAuthenticator(row.Id, root.Open(SecretPurpose, row.SealedSecret, userId.ToString("D")))
            : null;
    }

    public async Task SaveTotpAsync(Guid userId, TotpAuthenticator authenticator, long step, ChangeNotice? notice = null)
    {
        await using var context = contexts();
        await using var transaction = await context.Database.BeginTransactionAsync();
        var secret = root.Seal(SecretPurpose, authenticator.Secret, userId.ToString("D"));
        await context.Database.ExecuteSqlAsync($"""
            INSERT INTO totp_authenticators (user_id, id, sealed_secret, last_step, created_at)
            VALUES ({userId}, {authenticator.Id}, {secret}, {step}, {time.GetUtcNow()})
            ON CONFLICT (user_id) DO UPDATE SET id = excluded.id, sealed_secret = excluded.sealed_secret,
                last_step = excluded.last_step, created_at = excluded.created_at
            """);
        await CommitAsync(context, transaction, userId, notice);
    }

    public async Task<bool> ConsumeTotpStepAsync(Guid userId, Guid authenticatorId, long step)
    {
        await using var context = contexts();
        return await context.Set<TotpRow>()
            .Where(totp => totp.UserId == userId && totp.Id == authenticatorId && totp.LastStep < step)
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

    public async Task ReplaceRecoveryCodesAsync(Guid userId, IReadOnlyList<string> codes, ChangeNotice? notice = null)
    {
        await using var context = contexts();
        await using var transaction = await context.Database.BeginTransactionAsync();
        await context.Set<RecoveryCodeRow>().Where(code => code.UserId == userId).ExecuteDeleteAsync();
        context.AddRange(codes.Select(code => new RecoveryCodeRow { UserId = userId, CodeHash = Hash(userId, code) }));
        await context.SaveChangesAsync();
        await CommitAsync(context, transaction, userId, notice);
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

    public async Task<bool> NotePasskeyUseAsync(Guid userId, byte[] credentialId)
    {
        await using var context = contexts();
        return await context.Database.ExecuteSqlAsync($"""
            INSERT INTO passkey_uses (credential_id, user_id, last_used_at)
            SELECT {credentialId}, {userId}, {time.GetUtcNow()}
            WHERE NOT EXISTS (
                SELECT 1 FROM suspensions WHERE user_id = {userId} AND kind = {SuspensionRow.Passkey} AND key = {Base64Url.EncodeToString(credentialId)})
            ON CONFLICT (credential_id) DO UPDATE SET user_id = excluded.user_id, last_used_at = excluded.last_used_at
            """) == 1;
    }

    public async Task ForgetPasskeyAsync(Guid userId, byte[] credentialId)
    {
        var key = Base64Url.EncodeToString(credentialId);
        await using var context = contexts();
        await using var transaction = await context.Database.BeginTransactionAsync();
        await context.Set<PasskeyUseRow>().Where(use => use.UserId == userId && use.CredentialId == credentialId).ExecuteDeleteAsync();
        await context.Set<SuspensionRow>()
            .Where(row => row.UserId == userId && row.Kind == SuspensionRow.Passkey && row.Key == key).ExecuteDeleteAsync();
        await transaction.CommitAsync();
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

    /// <summary>Commits with what tells of it.</summary>
    private async Task CommitAsync(IdentityProviderContext context, IDbContextTransaction transaction, Guid userId, ChangeNotice? notice)
    {
        var mails = false;
        if (notice is not null && await context.Users.AsNoTracking().SingleOrDefaultAsync(user => user.Id == userId) is { } user)
        {
            mails = ChangeNotices.Add(context, notice, user, time.GetUtcNow());
            await context.SaveChangesAsync();
        }

        await transaction.CommitAsync();
        if (mails)
        {
            outbox.Set();
        }
    }

    private byte[] Hash(Guid userId, string code) => HMACSHA256.HashData(_recoveryCodeKey, Encoding.UTF8.GetBytes($"{userId:D}:{code}"));
}

using IdentityProvider.Protocol.Consents;
using IdentityProvider.Storage.Tests.Databases;
using IdentityProvider.Storage.Tests.Grants;
using Xunit;

namespace IdentityProvider.Storage.Tests.Consents;

public abstract class ConsentContract(TestDatabase database)
{
    private readonly Guid _subject = Scene.Id();

    private IConsentStore Consents => database.Get<IConsentStore>();

    [Fact]
    public async Task A_consent_is_remembered_per_person_and_client()
    {
        await SaveAsync(["openid"], null);
        var consent = (await FindAsync())!;
        Assert.Equal(["openid"], consent.Scopes);
        Assert.Null(consent.ExpiresAt);
        Assert.InRange(consent.GrantedAt, Scene.Ago(TimeSpan.FromMinutes(1)), Scene.Ago(TimeSpan.FromMinutes(-1)));
        Assert.Null(await Consents.FindAsync(_subject, "another", CancellationToken.None));
        Assert.Null(await Consents.FindAsync(Scene.Id(), "web", CancellationToken.None));
    }

    [Fact]
    public async Task A_later_consent_adds_its_scopes()
    {
        await SaveAsync(["openid", "api"], null);
        await SaveAsync(["api", "email"], TimeSpan.FromDays(1));
        var consent = (await FindAsync())!;
        Assert.Equal(["openid", "api", "email"], consent.Scopes);
        Assert.Equal(consent.GrantedAt + TimeSpan.FromDays(1), consent.ExpiresAt);
    }

    [Fact]
    public async Task What_is_refused_later_is_forgotten_and_what_was_not_asked_for_stays()
    {
        await SaveAsync(["openid", "api", "email"], null);
        await Consents.SaveAsync(_subject, "web", new ConsentAnswer(["openid"], ["email"]), null, CancellationToken.None);
        Assert.Equal(["api", "openid"], (await FindAsync())!.Scopes);
    }

    [Fact]
    public async Task An_expired_consent_is_not_found_and_nothing_is_added_to_it()
    {
        await SaveAsync(["openid"], TimeSpan.FromSeconds(-1));
        Assert.Null(await FindAsync());
        await SaveAsync(["api"], null);
        Assert.Equal(["api"], (await FindAsync())!.Scopes);
    }

    private Task SaveAsync(string[] scopes, TimeSpan? lifetime) => Consents.SaveAsync(_subject, "web", new ConsentAnswer(scopes, []), lifetime, CancellationToken.None);

    private Task<Consent?> FindAsync() => Consents.FindAsync(_subject, "web", CancellationToken.None);
}

public sealed class SqliteConsentTests(SqliteTestDatabase database) : ConsentContract(database), IClassFixture<SqliteTestDatabase>;

public sealed class PostgresConsentTests(PostgresTestDatabase database) : ConsentContract(database), IClassFixture<PostgresTestDatabase>;

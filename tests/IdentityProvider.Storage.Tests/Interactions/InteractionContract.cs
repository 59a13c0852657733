using IdentityProvider.Protocol.Interactions;
using IdentityProvider.Storage.Tests.Databases;
using IdentityProvider.Storage.Tests.Grants;
using Xunit;

namespace IdentityProvider.Storage.Tests.Interactions;

public abstract class InteractionContract(TestDatabase database)
{
    private IInteractionStore Interactions => database.Get<IInteractionStore>();

    [Theory]
    [InlineData(InteractionKind.Authorize, "web")]
    [InlineData(InteractionKind.EndSession, null)]
    public async Task An_interaction_is_found_as_it_was_stored(InteractionKind kind, string? clientId)
    {
        var stored = await CreateAsync(it => it with { Kind = kind, ClientId = clientId });
        var found = (await FindAsync(stored.HandleHash))!;
        Assert.Equal((kind, clientId, stored.Parameters, false), (found.Kind, found.ClientId, found.Parameters, found.Expired));
        Assert.Equal(stored.BrowserHash, found.BrowserHash);
        Assert.Equal(stored.HandleHash, found.HandleHash);
        Assert.InRange(found.CreatedAt, Scene.Ago(TimeSpan.FromMinutes(1)), Scene.Ago(TimeSpan.FromMinutes(-1)));
        Assert.Null(found.Consent);
        Assert.Null(found.SelectedSessionId);
        Assert.Null(await FindAsync(Scene.Bytes()));
    }

    [Fact]
    public async Task An_expired_interaction_is_found_as_expired()
    {
        var stored = await CreateAsync(it => it with { Lifetime = TimeSpan.FromSeconds(-1) });
        Assert.True((await FindAsync(stored.HandleHash))!.Expired);
    }

    [Fact]
    public async Task An_answer_and_a_denial_are_told_apart_and_the_last_one_holds()
    {
        var stored = await CreateAsync();
        var session = Scene.Id();
        await Interactions.SetConsentAsync(stored.HandleHash, new ConsentDecision(session, ["openid", "api"]), CancellationToken.None);
        var allowed = (await FindAsync(stored.HandleHash))!.Consent!;
        Assert.Equal(session, allowed.SessionId);
        Assert.Equal(["openid", "api"], allowed.Scopes);

        await Interactions.SetConsentAsync(stored.HandleHash, new ConsentDecision(session, null), CancellationToken.None);
        Assert.Null((await FindAsync(stored.HandleHash))!.Consent!.Scopes);
    }

    [Fact]
    public async Task The_chosen_session_is_recorded_for_this_interaction_only()
    {
        var stored = await CreateAsync();
        var other = await CreateAsync();
        var session = Scene.Id();
        await Interactions.SetSelectedSessionAsync(stored.HandleHash, session, CancellationToken.None);
        Assert.Equal(session, (await FindAsync(stored.HandleHash))!.SelectedSessionId);
        Assert.Null((await FindAsync(other.HandleHash))!.SelectedSessionId);
    }

    private async Task<NewInteraction> CreateAsync(Func<NewInteraction, NewInteraction>? change = null)
    {
        var interaction = new NewInteraction
        {
            HandleHash = Scene.Bytes(),
            BrowserHash = Scene.Bytes(),
            Kind = InteractionKind.Authorize,
            ClientId = "web",
            Parameters = """{"state":"ü \" 🦉","resource":["a","b"]}""",
            Lifetime = TimeSpan.FromHours(1),
        };
        interaction = change?.Invoke(interaction) ?? interaction;
        await Interactions.CreateAsync(interaction, CancellationToken.None);
        return interaction;
    }

    private Task<Interaction?> FindAsync(byte[] handleHash) => Interactions.FindAsync(handleHash, CancellationToken.None);
}

public sealed class SqliteInteractionTests(SqliteTestDatabase database) : InteractionContract(database), IClassFixture<SqliteTestDatabase>;

public sealed class PostgresInteractionTests(PostgresTestDatabase database) : InteractionContract(database), IClassFixture<PostgresTestDatabase>;

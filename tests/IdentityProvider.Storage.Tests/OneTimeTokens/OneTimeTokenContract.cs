using IdentityProvider.Accounts.Notifications;
using IdentityProvider.Accounts.OneTimeTokens;
using IdentityProvider.Accounts.Users;
using IdentityProvider.Storage.OneTimeTokens;
using IdentityProvider.Storage.Outbox;
using IdentityProvider.Storage.Tests.Databases;
using IdentityProvider.Storage.Tests.Grants;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace IdentityProvider.Storage.Tests.OneTimeTokens;

[Trait("row", "P9")]
[Trait("row", "P10")]
public abstract class OneTimeTokenContract(TestDatabase database)
{
    private const int Presentations = 20;
    private const string Purpose = OneTimeTokenPurposes.VerifyEmail;

    private readonly OneTimeTokenIssuer _issuer = new(
        database.Get<IOneTimeTokenStore>(), new MailSecrets(new EphemeralDataProtectionProvider()), TimeProvider.System);

    private IOneTimeTokenStore Tokens => database.Get<IOneTimeTokenStore>();

    [Fact]
    public async Task A_link_is_good_once_and_then_says_that_it_was_used()
    {
        var (link, token) = await IssueAsync(it => it with { Content = """{"email":"new@example.com"}""" });
        Assert.Equal(OneTimeTokenStatus.Alive, await StatusAsync(link));
        Assert.Equal(OneTimeTokenStatus.Alive, await StatusAsync(link));

        var used = (await Tokens.ConsumeAsync(Purpose, link))!;

        Assert.Equal((token.Id, token.UserId, token.Content), (used.Id, used.UserId, used.Content));
        Assert.Null(await Tokens.ConsumeAsync(Purpose, link));
        Assert.Equal(OneTimeTokenStatus.Used, await StatusAsync(link));
    }

    [Fact]
    public async Task A_link_of_another_purpose_or_with_another_secret_is_unknown()
    {
        var (link, token) = await IssueAsync();
        Assert.Null(await Tokens.ConsumeAsync(OneTimeTokenPurposes.ResetPassword, link));
        Assert.Null(await Tokens.LookAsync(OneTimeTokenPurposes.ResetPassword, link, CancellationToken.None));
        var forged = link with { SecretHash = Scene.Bytes() };
        Assert.Null(await Tokens.ConsumeAsync(Purpose, forged));
        Assert.Null(await Tokens.LookAsync(Purpose, forged, CancellationToken.None));
        Assert.Equal(OneTimeCodeVerdict.Over, (await Tokens.TryCodeAsync(OneTimeTokenPurposes.SignInCode, token.Id, token.Code!, null)).Verdict);
        Assert.NotNull(await Tokens.ConsumeAsync(Purpose, link));
    }

    [Fact]
    public async Task A_token_whose_time_is_over_is_expired()
    {
        var (link, token) = await IssueAsync(it => it with { Lifetime = TimeSpan.FromSeconds(-1) });
        Assert.Equal(OneTimeTokenStatus.Expired, await StatusAsync(link));
        Assert.Null(await Tokens.ConsumeAsync(Purpose, link));
        Assert.Equal(OneTimeCodeVerdict.Over, await TryAsync(token, token.Code!));
    }

    [Fact]
    public async Task A_change_of_the_security_stamp_voids_what_is_bound_to_it_and_nothing_else()
    {
        var user = await CreateUserAsync();
        var (bound, boundToken) = await IssueAsync(it => it with { UserId = user.Id, SecurityStamp = user.SecurityStamp });
        var (free, _) = await IssueAsync(it => it with { UserId = user.Id });
        Assert.Equal(OneTimeTokenStatus.Alive, await StatusAsync(bound));

        await using (var context = database.Context())
        {
            await context.Users.Where(it => it.Id == user.Id).ExecuteUpdateAsync(it => it.SetProperty(row => row.SecurityStamp, "another"));
        }

        Assert.Equal(OneTimeTokenStatus.Void, await StatusAsync(bound));
        Assert.Null(await Tokens.ConsumeAsync(Purpose, bound));
        Assert.Equal(OneTimeCodeVerdict.Over, await TryAsync(boundToken, boundToken.Code!));
        Assert.NotNull(await Tokens.ConsumeAsync(Purpose, free));
    }

    [Fact]
    public async Task Voided_tokens_of_a_purpose_are_void_and_those_of_another_are_not()
    {
        var (link, token) = await IssueAsync();
        await Tokens.VoidAsync(token.UserId, OneTimeTokenPurposes.ResetPassword);
        Assert.Equal(OneTimeTokenStatus.Alive, await StatusAsync(link));
        await Tokens.VoidAsync(token.UserId, Purpose);
        Assert.Equal(OneTimeTokenStatus.Void, await StatusAsync(link));
        Assert.Null(await Tokens.ConsumeAsync(Purpose, link));
    }

    [Fact]
    public async Task A_right_code_uses_the_link_up_as_well_and_the_other_way_round()
    {
        var (link, token) = await IssueAsync();
        var answer = await Tokens.TryCodeAsync(Purpose, token.Id, token.Code!, null);
        Assert.Equal((OneTimeCodeVerdict.Right, token.UserId), (answer.Verdict, answer.Token!.UserId));
        Assert.Null(await Tokens.ConsumeAsync(Purpose, link));
        Assert.Equal(OneTimeCodeVerdict.Over, await TryAsync(token, token.Code!));

        (link, token) = await IssueAsync();
        Assert.NotNull(await Tokens.ConsumeAsync(Purpose, link));
        Assert.Equal(OneTimeCodeVerdict.Over, await TryAsync(token, token.Code!));
    }

    [Fact]
    public async Task The_fifth_try_may_be_right()
    {
        var (_, token) = await IssueAsync();
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal(OneTimeCodeVerdict.Wrong, await TryAsync(token, "wrong"));
        }

        Assert.Equal(OneTimeCodeVerdict.Right, await TryAsync(token, token.Code!));
    }

    [Fact]
    public async Task Five_wrong_codes_void_the_token()
    {
        var (link, token) = await IssueAsync();
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal(OneTimeCodeVerdict.Wrong, await TryAsync(token, "wrong"));
        }

        Assert.Equal(OneTimeCodeVerdict.Over, await TryAsync(token, "wrong"));
        Assert.Equal(OneTimeCodeVerdict.Over, await TryAsync(token, token.Code!));
        Assert.Equal(OneTimeTokenStatus.Void, await StatusAsync(link));
    }

    [Fact]
    public async Task A_code_that_is_bound_to_a_browser_is_nothing_in_another_and_costs_no_try_there()
    {
        var browser = Scene.Bytes();
        var (_, token) = await IssueAsync(it => it with { BrowserHash = browser });
        for (var i = 0; i < 6; i++)
        {
            Assert.Equal(OneTimeCodeVerdict.Over, (await Tokens.TryCodeAsync(Purpose, token.Id, token.Code!, Scene.Bytes())).Verdict);
            Assert.Equal(OneTimeCodeVerdict.Over, (await Tokens.TryCodeAsync(Purpose, token.Id, token.Code!, null)).Verdict);
        }

        Assert.Equal(OneTimeCodeVerdict.Right, (await Tokens.TryCodeAsync(Purpose, token.Id, token.Code!, browser)).Verdict);
    }

    [Fact]
    public async Task Neither_secret_nor_code_is_in_the_database()
    {
        var prepared = _issuer.Prepare(Request(Scene.Id()));
        var mail = _issuer.Seal(new OutgoingMail { Template = MailTemplates.VerifyEmail, To = prepared.Token.Id + "@example.com" }, prepared);
        await Tokens.IssueAsync(prepared.Token, mail);

        await using var context = database.Context();
        var row = await context.Set<OneTimeTokenRow>().AsNoTracking().SingleAsync(it => it.Id == prepared.Token.Id);
        var payload = (await context.Set<OutboxRow>().AsNoTracking().ToListAsync())
            .Single(it => it.Payload.Contains(mail.To, StringComparison.Ordinal)).Payload;
        var secret = System.Buffers.Text.Base64Url.DecodeFromChars(prepared.Text).AsSpan(16).ToArray();
        Assert.NotEqual(secret, row.SecretHash);
        Assert.Equal(System.Security.Cryptography.SHA256.HashData(secret), row.SecretHash);
        Assert.Equal(32, row.CodeHash!.Length);
        Assert.DoesNotContain(prepared.Text!, payload, StringComparison.Ordinal);
        Assert.DoesNotContain(prepared.Token.Code!, payload, StringComparison.Ordinal);
        Assert.Equal(prepared.Token.Id, OneTimeLink.Parse(prepared.Text)!.Id);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("short")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890=+/")]
    [InlineData("\0123456789012345678901234567890123456789012345678901234567890123")]
    public void What_is_no_link_is_none(string? text) => Assert.Null(OneTimeLink.Parse(text));

    [Fact]
    public async Task One_link_presented_twenty_times_at_once_is_accepted_once()
    {
        var (link, _) = await IssueAsync();
        Assert.Single(await AtOnceAsync(async _ => await Tokens.ConsumeAsync(Purpose, link) is not null), won => won);
    }

    [Fact]
    public async Task One_right_code_presented_twenty_times_at_once_is_accepted_once()
    {
        var (_, token) = await IssueAsync();
        Assert.Single(await AtOnceAsync(_ => TryAsync(token, token.Code!)), verdict => verdict == OneTimeCodeVerdict.Right);
    }

    [Fact]
    public async Task Twenty_guesses_at_once_are_five_tries()
    {
        var (_, token) = await IssueAsync();
        await AtOnceAsync(i => TryAsync(token, "guess" + i));
        await using var context = database.Context();
        Assert.Equal(0, (await context.Set<OneTimeTokenRow>().AsNoTracking().SingleAsync(row => row.Id == token.Id)).TriesLeft);
        Assert.Equal(OneTimeCodeVerdict.Over, await TryAsync(token, token.Code!));
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

    private async Task<(OneTimeLink Link, NewOneTimeToken Token)> IssueAsync(Func<OneTimeTokenRequest, OneTimeTokenRequest>? change = null)
    {
        var request = Request(Scene.Id());
        var prepared = _issuer.Prepare(change?.Invoke(request) ?? request);
        await Tokens.IssueAsync(prepared.Token, mail: null);
        return (OneTimeLink.Parse(prepared.Text)!, prepared.Token);
    }

    private static OneTimeTokenRequest Request(Guid userId) =>
        new() { Purpose = Purpose, UserId = userId, Lifetime = TimeSpan.FromHours(24), CodeDigits = 6 };

    private async Task<OneTimeTokenStatus> StatusAsync(OneTimeLink link) =>
        (await Tokens.LookAsync(Purpose, link, CancellationToken.None))!.Status;

    private async Task<OneTimeCodeVerdict> TryAsync(NewOneTimeToken token, string code) =>
        (await Tokens.TryCodeAsync(Purpose, token.Id, code, browserHash: null)).Verdict;

    private async Task<User> CreateUserAsync()
    {
        await using var scope = database.Services.CreateAsyncScope();
        var user = new User { UserName = "u" + Scene.Id().ToString("N") };
        Assert.True((await scope.ServiceProvider.GetRequiredService<UserManager<User>>().CreateAsync(user)).Succeeded);
        return user;
    }
}

public sealed class SqliteOneTimeTokenTests(SqliteTestDatabase database) : OneTimeTokenContract(database), IClassFixture<SqliteTestDatabase>;

public sealed class PostgresOneTimeTokenTests(PostgresTestDatabase database) : OneTimeTokenContract(database), IClassFixture<PostgresTestDatabase>;

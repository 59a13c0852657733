using System.Diagnostics;
using IdentityProvider.Accounts.Passwords;
using IdentityProvider.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace IdentityProvider.Tests.Accounts;

/// <summary>Which passwords people may choose (NIST SP 800-63B-4 §3.1.1.2).</summary>
public sealed class PasswordPolicyTests(PasswordPolicyTests.Server server) : IClassFixture<PasswordPolicyTests.Server>
{
    private static readonly PasswordOwner s_owner = new("martha.k", "martha.kent@example.com");

    [Theory]
    [Trait("row", "P7")]
    [InlineData("fourteen chars", false, PasswordProblem.TooShort)]
    [InlineData("fifteen letters", false, null)]
    [InlineData("seven c", true, PasswordProblem.TooShort)]
    [InlineData("eight ch", true, null)]
    [InlineData("no digit no capital no sign", false, null)]
    [InlineData("aaaaaaaaaaaaaaaaaaaa", false, PasswordProblem.Repetitive)]
    [InlineData("line\nbreak and some more", false, PasswordProblem.Unusable)]
    [InlineData("with\0a null character", false, PasswordProblem.Unusable)]
    [InlineData("qwertyuiop12345", false, PasswordProblem.Breached)]
    [InlineData("Password1", true, PasswordProblem.Breached)]
    [InlineData("martha.kent@example.com", false, PasswordProblem.ContextWord)]
    [InlineData("Martha.KentMartha.K1", false, PasswordProblem.ContextWord)]
    [InlineData("IdentityProvider12", false, PasswordProblem.ContextWord)]
    [InlineData("acmeworksacmeworks", false, PasswordProblem.ContextWord)]
    [InlineData("martha.k has a very long sentence", false, null)]
    public async Task A_password_is_judged_by_length_names_and_lists_only(string password, bool secondFactor, PasswordProblem? problem) =>
        Assert.Equal(problem, (await CheckAsync(password, secondFactor))?.Problem);

    [Fact]
    [Trait("row", "P7")]
    public async Task Length_counts_characters_of_unicode_after_normalisation()
    {
        // Fourteen letters with a combining mark each: 28 code points that normalise to 14.
        Assert.Equal(PasswordProblem.TooShort, (await CheckAsync(string.Concat("aeiouAEIOUaeiou"[..14].Select(letter => letter + "\u0301"))))?.Problem);
        Assert.Null(await CheckAsync("🐴🔋📎🌲🐢🍋🎺🧊🪁🌋🎩🍞🚲🧵🐙"));
        Assert.Null(await CheckAsync(string.Concat(Enumerable.Range(0, 256).Select(i => (char)('a' + (i * 7 % 26))))));
        var tooLong = await CheckAsync(string.Concat(Enumerable.Range(0, 257).Select(i => (char)('a' + (i * 7 % 26)))));
        Assert.Equal(new PasswordRefusal(PasswordProblem.TooLong, 256), tooLong);
    }

    [Fact]
    [Trait("row", "P8")]
    public async Task A_leaked_password_is_refused_and_the_service_learns_five_digits()
    {
        Assert.Equal(PasswordProblem.Breached, (await CheckAsync(BreachStub.PasswordThatLeaked))?.Problem);
        Assert.Contains((BreachStub.Hash(BreachStub.PasswordThatLeaked)[..5], "true"), server.Stub.Requests);
        Assert.All(server.Stub.Requests, request => Assert.Equal(5, request.Prefix.Length));
    }

    [Fact]
    [Trait("row", "P8")]
    public async Task Padding_stands_for_nothing()
    {
        Assert.Null(await CheckAsync(BreachStub.PasswordInThePadding));
        Assert.Null(await CheckAsync("a pass phrase that nobody has read"));
    }

    [Theory]
    [Trait("row", "P8")]
    [InlineData(StatusCodes.Status500InternalServerError)]
    [InlineData(StatusCodes.Status429TooManyRequests)]
    [InlineData(StatusCodes.Status200OK)]
    public async Task Without_a_proper_answer_the_bundled_list_decides(int status)
    {
        await using var stub = await BreachStub.StartAsync();
        stub.Misbehave = context =>
        {
            context.Response.StatusCode = status;
            return context.Response.WriteAsync("<html>:::\n:\nFFFF");
        };
        await using var host = await StartAsync(stub);
        Assert.Null(await PolicyOf(host).CheckAsync(BreachStub.PasswordThatLeaked, s_owner, CancellationToken.None));
        Assert.NotNull(await PolicyOf(host).CheckAsync("qwertyuiop12345", s_owner, CancellationToken.None));
    }

    [Fact]
    [Trait("row", "P8")]
    public async Task Nobody_waits_longer_than_the_limit()
    {
        await using var stub = await BreachStub.StartAsync();
        stub.Misbehave = context => Task.Delay(TimeSpan.FromSeconds(30), context.RequestAborted);
        await using var host = await StartAsync(stub);
        var watch = Stopwatch.StartNew();
        Assert.Null(await PolicyOf(host).CheckAsync(BreachStub.PasswordThatLeaked, s_owner, CancellationToken.None));
        Assert.InRange(watch.Elapsed, TimeSpan.FromMilliseconds(900), TimeSpan.FromSeconds(10));
        Assert.Single(stub.Requests);

        // Nor does the next one, for a while: the service is not asked at all.
        Assert.Null(await PolicyOf(host).CheckAsync(BreachStub.PasswordThatLeaked, s_owner, CancellationToken.None));
        Assert.Single(stub.Requests);
    }

    [Fact]
    [Trait("row", "P8")]
    public async Task A_service_that_is_back_is_asked_again_after_half_a_minute()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var stub = await BreachStub.StartAsync();
        stub.Misbehave = context =>
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return Task.CompletedTask;
        };
        await using var host = await StartAsync(stub, time);
        Assert.Null(await PolicyOf(host).CheckAsync(BreachStub.PasswordThatLeaked, s_owner, CancellationToken.None));
        stub.Misbehave = null;
        time.Advance(TimeSpan.FromSeconds(29));
        Assert.Null(await PolicyOf(host).CheckAsync(BreachStub.PasswordThatLeaked, s_owner, CancellationToken.None));
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(PasswordProblem.Breached, (await PolicyOf(host).CheckAsync(BreachStub.PasswordThatLeaked, s_owner, CancellationToken.None))?.Problem);
    }

    [Fact]
    public void Only_beside_a_second_factor_a_short_password_is_good()
    {
        Assert.True(PolicyOf(server.Host).IsShort("fourteen chars"));
        Assert.False(PolicyOf(server.Host).IsShort("fifteen letters"));
    }

    private Task<PasswordRefusal?> CheckAsync(string password, bool secondFactor = false) =>
        PolicyOf(server.Host).CheckAsync(password, s_owner with { SecondFactor = secondFactor }, CancellationToken.None);

    private static PasswordPolicy PolicyOf(TestHost host) => host.Services.GetRequiredService<PasswordPolicy>();

    private static Task<TestHost> StartAsync(BreachStub stub, FakeTimeProvider? time = null) => TestHost.StartAsync(options =>
    {
        options.Time = time;
        options.Settings["Passwords:CheckBreachesOnline"] = "true";
        options.Settings["Passwords:BreachRangeUrl"] = stub.Url;
        options.Settings["Passwords:ContextWords:0"] = "acmeworks";
    });

    public sealed class Server : IAsyncLifetime
    {
        internal BreachStub Stub { get; private set; } = null!;

        internal TestHost Host { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            Stub = await BreachStub.StartAsync();
            Host = await StartAsync(Stub);
        }

        public async Task DisposeAsync()
        {
            await Host.DisposeAsync();
            await Stub.DisposeAsync();
        }
    }
}

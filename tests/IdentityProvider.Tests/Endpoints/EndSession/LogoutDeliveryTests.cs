using System.Net;
using System.Text.Json;
using IdentityProvider.Protocol.Logout;
using IdentityProvider.Protocol.Outbox;
using IdentityProvider.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace IdentityProvider.Tests.Endpoints.EndSession;

/// <summary>Back-channel logout, beyond the certification plan.</summary>
public sealed class LogoutDeliveryTests : LogoutProvider
{
    [Fact]
    public async Task Each_client_of_the_session_is_told_under_its_own_session_id()
    {
        var browser = Provider.NewBrowser();
        string[] hints = [await SignInAsync(browser, "back"), await SignInAsync(browser, "back2"), await SignInAsync(browser, "web")];
        await SignInAsync(Provider.NewBrowser(), "back");

        await LogoutAsync(browser, ("id_token_hint", hints[2]));

        var received = new[] { await Receiver.NextAsync(), await Receiver.NextAsync() }.OrderBy(logout => logout.Path).ToArray();
        Assert.Equal(["back", "back2"], received.Select(logout => logout.Path));
        Assert.Equal(
            hints[..2].Select(hint => Jwt.Claims(hint).GetProperty("sid").GetString()),
            received.Select(logout => Jwt.Claims(logout.Token).GetProperty("sid").GetString()));
    }

    [Fact]
    public async Task The_pages_own_sign_out_tells_the_clients()
    {
        var browser = Provider.NewBrowser();
        await SignInAsync(browser, "back");

        var page = await browser.SubmitAsync(await browser.GetAsync("/account/logout"), "logout-confirm");

        Assert.True(page.IsLoggedOut);
        Assert.Equal("back", (await Receiver.NextAsync()).Path);
    }

    [Fact]
    public async Task Another_persons_sign_in_at_the_browser_tells_the_clients_of_the_first()
    {
        var browser = Provider.NewBrowser();
        var first = Jwt.Claims(await SignInAsync(browser, "back"));

        await browser.SignInAsync(await browser.GetAsync("/account/login?switch=true"), "bob");

        Assert.Equal(first.GetProperty("sub").GetString(), Jwt.Claims((await Receiver.NextAsync()).Token).GetProperty("sub").GetString());
    }

    [Fact]
    public async Task A_logout_does_not_wait_for_a_slow_client()
    {
        var browser = Provider.NewBrowser();
        var hint = await SignInAsync(browser, "back");
        var release = new TaskCompletionSource();
        Receiver.Until = release.Task;

        var page = await LogoutAsync(browser, ("id_token_hint", hint), ("post_logout_redirect_uri", "https://back.example/signed-out"));

        Assert.Equal("https://back.example/signed-out", page.Leaves);
        await Receiver.NextAsync();
        release.SetResult();
    }

    [Fact]
    public async Task A_client_in_trouble_is_told_again_with_a_new_token()
    {
        var browser = Provider.NewBrowser();
        var hint = await SignInAsync(browser, "back");
        Receiver.Answer = HttpStatusCode.ServiceUnavailable;
        await LogoutAsync(browser, ("id_token_hint", hint));
        var first = Jwt.Claims((await Receiver.NextAsync()).Token);
        await LoggedAsync("to be tried again");

        Receiver.Answer = HttpStatusCode.NoContent;
        var second = Jwt.Claims((await LaterAsync()).Token);
        Assert.Equal(first.GetProperty("sid").GetString(), second.GetProperty("sid").GetString());
        Assert.NotEqual(first.GetProperty("jti").GetString(), second.GetProperty("jti").GetString());
        Assert.True(second.GetProperty("iat").GetInt64() > first.GetProperty("iat").GetInt64());
        await LoggedAsync("attempt 2: Delivered");
    }

    [Fact]
    public async Task A_client_that_refuses_is_told_three_times_in_all()
    {
        var browser = Provider.NewBrowser();
        var hint = await SignInAsync(browser, "back");
        Receiver.Answer = HttpStatusCode.BadRequest;
        await LogoutAsync(browser, ("id_token_hint", hint));
        await Receiver.NextAsync();
        for (var attempt = 1; attempt < 3; attempt++)
        {
            await LoggedAsync($"attempt {attempt}: Refused");
            await LaterAsync();
        }

        await LoggedAsync("given up after attempt 3: Refused");
        Assert.True(Receiver.IsEmpty);
    }

    /// <summary>However many messages there are for it: each call holds one of a few slots to the time limit.</summary>
    [Fact]
    public async Task A_client_that_gave_no_answer_is_left_alone_for_a_while_and_then_called_for_one_message()
    {
        var handler = Provider.Host.Services.GetServices<IOutboxHandler>().Single(it => it.Kind == LogoutNotice.Kind);
        Task<Delivery> DeliverAsync(string clientId) => handler.DeliverAsync(new OutboxMessage(1, LogoutNotice.Kind, JsonSerializer.Serialize(
            new LogoutNotice { ClientId = clientId, SubjectId = Guid.CreateVersion7(Provider.Time.GetUtcNow()), SessionId = Guid.CreateVersion7(Provider.Time.GetUtcNow()) }), 1, 0, Provider.Time.GetUtcNow()));
        var silence = new TaskCompletionSource();
        Receiver.Until = silence.Task;
        var first = DeliverAsync("back");
        await Receiver.NextAsync();
        Provider.Time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(DeliveryVerdict.Failed, (await first).Verdict);

        for (var i = 0; i < 50; i++)
        {
            Assert.Equal(DeliveryVerdict.Failed, (await DeliverAsync("back")).Verdict);
        }

        Assert.True(Receiver.IsEmpty);
        silence.SetResult();
        Assert.Equal(DeliveryVerdict.Delivered, (await DeliverAsync("back2")).Verdict);
        await Receiver.NextAsync();

        var answer = new TaskCompletionSource();
        Receiver.Until = answer.Task;
        Provider.Time.Advance(TimeSpan.FromSeconds(31));
        var trial = DeliverAsync("back");
        await Receiver.NextAsync();
        Assert.Equal(DeliveryVerdict.Failed, (await DeliverAsync("back")).Verdict);
        answer.SetResult();
        Assert.Equal(DeliveryVerdict.Delivered, (await trial).Verdict);
        Assert.Equal(DeliveryVerdict.Delivered, (await DeliverAsync("back")).Verdict);
    }

    [Fact]
    public async Task No_logout_token_is_logged()
    {
        var browser = Provider.NewBrowser();
        var hint = await SignInAsync(browser, "back");
        await LogoutAsync(browser, ("id_token_hint", hint));
        var token = (await Receiver.NextAsync()).Token;
        await LoggedAsync("attempt 1: Delivered");

        Assert.DoesNotContain(Provider.Host.Log.Lines, line => line.Contains(token.Split('.')[1], StringComparison.Ordinal));
    }

    /// <summary>Lets time pass until the next attempt arrives. An advance that the dispatcher sleeps through is followed by another one.</summary>
    private async Task<ReceivedLogout> LaterAsync()
    {
        var next = Receiver.NextAsync();
        while (!next.IsCompleted)
        {
            Provider.Time.Advance(TimeSpan.FromSeconds(11));
            await Task.WhenAny(next, Task.Delay(TimeSpan.FromSeconds(3)));
        }

        return await next;
    }

    private async Task LoggedAsync(string words)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!Provider.Host.Log.Lines.Any(line => line.Contains(words, StringComparison.Ordinal)))
        {
            await Task.Delay(20, limit.Token);
        }
    }
}

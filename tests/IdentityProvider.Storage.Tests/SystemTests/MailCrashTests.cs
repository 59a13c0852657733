using System.Net;
using System.Text.RegularExpressions;
using IdentityProvider.Testing;
using Xunit;

namespace IdentityProvider.Storage.Tests.SystemTests;

/// <summary>A server that dies with a mail in its hands.</summary>
[Trait("row", "D4")]
public sealed partial class MailCrashTests
{
    [Fact]
    public async Task A_mail_that_was_on_its_way_when_the_server_was_killed_is_sent_by_the_next_one_under_the_same_id_and_then_no_more()
    {
        await using var mails = new SilentMailServer();
        await using var installation = await Installation.CreateAsync();
        installation.Settings["Seed:Path"] = installation.Seed;
        installation.Settings["Mail:Provider"] = "Smtp";
        installation.Settings["Mail:From"] = "Accounts <accounts@id.example>";
        installation.Settings["Mail:Smtp:Host"] = "127.0.0.1";
        installation.Settings["Mail:Smtp:Port"] = $"{mails.Port}";
        installation.Settings["Mail:Smtp:Security"] = "None";
        string first;
        await using (var server = await IdpProcess.ServeAsync(installation.Settings))
        {
            using var browser = server.NewClient();
            using var asked = await browser.PostFormAsync("/account/forgot-password", new() { ["email"] = "alice@example.com" });
            Assert.Equal(HttpStatusCode.SeeOther, asked.StatusCode);
            first = await mails.NextAsync();
            await server.KillAsync();
        }

        Assert.Equal(1, await installation.ReadAsync<long>("SELECT count(*) FROM outbox"));
        mails.Answer();
        await using var next = await IdpProcess.ServeAsync(installation.Settings);
        using var health = await next.Http.GetAsync(new Uri("/health/ready", UriKind.Relative));
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
        Assert.True(mails.IsEmpty, "Until the lease is over, the mail may still be in somebody's hands");

        // The minute of the lease.
        await installation.ExecuteAsync("UPDATE outbox SET due_at = now()");
        var second = await mails.NextAsync();
        await Eventually.BecomesAsync(() => installation.ReadAsync<long>("SELECT count(*) FROM outbox"), left => left == 0, "The mail is done with");

        Assert.Matches(MessageId(), first);
        Assert.Equal(MessageId().Match(first).Value, MessageId().Match(second).Value);
        Assert.True(mails.IsEmpty);
    }

    [GeneratedRegex("^Message-I[dD]: *<.+>", RegexOptions.Multiline)]
    private static partial Regex MessageId();
}

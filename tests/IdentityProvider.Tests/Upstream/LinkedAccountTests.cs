using System.Net;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using IdentityProvider.Accounts.Upstream;
using IdentityProvider.Accounts.Users;
using IdentityProvider.Tests.Support;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace IdentityProvider.Tests.Upstream;

/// <summary>Accounts elsewhere that are linked to an account here.</summary>
public sealed class LinkedAccountTests(Federation federation) : IClassFixture<Federation>
{
    private const string LinkedPage = "/account/security/linked";

    [Fact]
    public async Task An_account_is_linked_with_a_fresh_proof_of_both_and_signs_in_from_then_on()
    {
        var kim = federation.NewTraveller();
        var page = await kim.Here.SignInAsync(await kim.Here.GetAsync($"/account/login?returnUrl={LinkedPage}"), "alice");
        Assert.True(page.Has("none-linked"));

        // Somebody is signed in there already: the password is asked for all the same.
        await kim.There.SignInAsync(await kim.There.GetAsync("/account/login"), "kim");
        federation.Time.AdjustTime(federation.Time.GetUtcNow() + TimeSpan.FromMinutes(2));
        var url = await kim.LeaveAsync(page, "link-partner");
        Assert.Contains("prompt=login", url, StringComparison.Ordinal);
        var asked = await kim.There.GetAsync(url);
        Assert.True(asked.IsSignIn);
        var back = await kim.Here.GetAsync((await kim.There.SignInAsync(asked, "kim")).Leaves!);
        page = await kim.Here.GetAsync(Traveller.Onward(back));
        Assert.Single(page.Document.QuerySelectorAll("#linked li"));

        var other = federation.NewTraveller();
        var account = await other.SignInAsync("/account/login", "kim", "partner");
        Assert.Equal("alice", account.Document.QuerySelector(".account strong")!.TextContent);
        Assert.Contains(federation.Here.Log.Lines, line => line.Contains("external_login_linked", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Linking_needs_a_sign_in_of_just_now()
    {
        var bob = federation.NewTraveller();
        var page = await bob.Here.SignInAsync(await bob.Here.GetAsync($"/account/login?returnUrl={LinkedPage}"), "bob");
        federation.Time.AdjustTime(federation.Time.GetUtcNow() + TimeSpan.FromMinutes(6));

        var answer = await bob.Here.SubmitAsync(page, "link-partner");
        Assert.True(answer.IsSignIn);
        Assert.True((await bob.Here.GetAsync(LinkedPage)).IsSignIn);
    }

    [Fact]
    public async Task An_account_is_linked_only_in_the_session_that_asked()
    {
        var bob = federation.NewTraveller();
        var page = await bob.Here.SignInAsync(await bob.Here.GetAsync($"/account/login?returnUrl={LinkedPage}"), "bob");
        var callback = await bob.SignInThereAsync(await bob.LeaveAsync(page, "link-partner"), "max");
        await bob.Here.SubmitAsync(await bob.Here.GetAsync("/account/logout"), "logout-confirm");
        await bob.Here.SignInAsync(await bob.Here.GetAsync("/account/login"), "carol");

        Assert.Equal(HttpStatusCode.BadRequest, (await bob.Here.GetAsync(callback)).Status);
        Assert.Equal(0, await CountAsync("bob") + await CountAsync("carol"));
    }

    [Fact]
    public async Task An_account_that_signs_somebody_else_in_is_not_linked()
    {
        var lea = federation.NewTraveller();
        await lea.SignInAsync("/account/login", "lea");

        var bob = federation.NewTraveller();
        var page = await bob.Here.SignInAsync(await bob.Here.GetAsync($"/account/login?returnUrl={LinkedPage}"), "bob");
        var answer = await bob.Here.GetAsync(await bob.SignInThereAsync(await bob.LeaveAsync(page, "link-partner"), "lea"));

        Assert.Equal(HttpStatusCode.Conflict, answer.Status);
        Assert.Equal(LinkedPage, answer.Document.GetElementById("other-way")!.GetAttribute("href"));
    }

    [Fact]
    public async Task The_last_means_of_signing_in_is_not_unlinked_and_another_one_is()
    {
        var hal = federation.NewTraveller();
        await hal.SignInAsync($"/account/login?returnUrl={LinkedPage}", "hal");
        var refused = await UnlinkAsync(hal);
        Assert.Equal(HttpStatusCode.Conflict, refused.Status);
        Assert.NotNull(refused.Document.QuerySelector("[role=alert]"));
        Assert.Equal(1, await CountAsync("hal"));

        await using (var scope = federation.Here.Services.CreateAsyncScope())
        {
            var users = scope.ServiceProvider.GetRequiredService<UserManager<User>>();
            Assert.True((await users.AddPasswordAsync((await users.FindByNameAsync("hal"))!, "hal")).Succeeded);
        }

        Assert.True((await UnlinkAsync(hal)).Has("none-linked"));
        Assert.Equal(0, await CountAsync("hal"));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("https://nobody.example", "x")]
    [InlineData("a\0b", "x")]
    public async Task An_account_that_is_not_there_is_not_unlinked(string issuer, string subject)
    {
        var joe = federation.NewTraveller();
        var page = await joe.SignInAsync($"/account/login?returnUrl={LinkedPage}", "joe");
        var token = page.Document.QuerySelector<IHtmlInputElement>("input[name=__RequestVerificationToken]")!.Value;

        var answer = await joe.Here.PostAsync(LinkedPage, [new("__RequestVerificationToken", token), new("issuer", issuer), new("subject", subject)]);
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal(1, await CountAsync("joe"));
    }

    private static async Task<Page> UnlinkAsync(Traveller traveller)
    {
        var page = await traveller.Here.GetAsync(LinkedPage);
        var form = page.Document.QuerySelector<IHtmlFormElement>("#linked form")!;
        return await traveller.Here.PostAsync(
            LinkedPage, form.QuerySelectorAll<IHtmlInputElement>("input").Select(input => KeyValuePair.Create(input.Name!, input.Value)));
    }

    private async Task<int> CountAsync(string username)
    {
        await using var scope = federation.Here.Services.CreateAsyncScope();
        var user = (await scope.ServiceProvider.GetRequiredService<UserManager<User>>().FindByNameAsync(username))!;
        return (await scope.ServiceProvider.GetRequiredService<IExternalLoginStore>().ListAsync(user.Id, CancellationToken.None)).Count;
    }
}

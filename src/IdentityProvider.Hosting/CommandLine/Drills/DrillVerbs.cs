using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace IdentityProvider.Hosting.CommandLine.Drills;

/// <summary>The verbs of <c>idp drill</c>.</summary>
internal static class DrillVerbs
{
    public static Command Drill(DrillCommands commands) => new("drill", "Find out what happens before it happens.")
    {
        Refresh(commands),
        Containment(commands),
    };

    private static Command Refresh(DrillCommands commands)
    {
        var url = new Option<string>("--url") { Description = "The server's address.", Required = true };
        var client = new Option<string>("--client") { Description = "The client's id.", Required = true };
        var secret = new Option<string?>("--secret") { Description = "Its secret, sent by client_secret_basic; absent: a public client." };
        var token = new Option<string?>("--refresh-token") { Description = "The token to begin with, - for the standard input. It is used up." };
        var username = new Option<string?>("--username") { Description = "Or: who signs in on the pages." };
        var password = new Option<string?>("--password") { Description = "That person's password." };
        var redirectUri = new Option<string?>("--redirect-uri") { Description = "A redirect URI of the client; nothing is opened there." };
        var scope = new Option<string>("--scope") { Description = "What to ask for.", DefaultValueFactory = _ => "openid offline_access" };
        var tabs = Between("--tabs", "How many tabs refresh at once.", 5, 1, 100);
        var rounds = Between("--rounds", "How often they do.", 100, 1, 1_000_000);
        var dropped = new Option<double>("--drop-response")
        {
            Description = "How many answers get lost, such as 10%.",
            DefaultValueFactory = _ => 0.1,
            CustomParser = ParseShare,
        };
        var verb = Verbs.Verb(
            "refresh",
            "Refresh as a careless client does: tabs at once, lost answers, retries. Exit code 1 when it was logged out.",
            (parsed, cancellation) => commands.RefreshAsync(
                new RefreshDrillTarget
                {
                    Url = parsed.GetValue(url)!,
                    ClientId = parsed.GetValue(client)!,
                    Secret = parsed.GetValue(secret),
                    RefreshToken = parsed.GetValue(token),
                    Username = parsed.GetValue(username),
                    Password = parsed.GetValue(password),
                    RedirectUri = parsed.GetValue(redirectUri),
                    Scope = parsed.GetValue(scope)!,
                },
                new RefreshHabits(parsed.GetValue(tabs), parsed.GetValue(dropped), parsed.GetValue(rounds)),
                cancellation),
            url, client, secret, token, username, password, redirectUri, scope, tabs, dropped, rounds);

        // It needs a server and no configuration, so a setting would be ignored.
        verb.TreatUnmatchedTokensAsErrors = true;
        return verb;
    }

    private static Command Containment(DrillCommands commands)
    {
        var urls = new Option<string[]>("--url") { Description = "The address of an instance; once for each.", Required = true };
        return Verbs.Verb(
            "containment",
            "Lock a throwaway user who is signed in at every instance, and measure until each refuses what they had. Exit code 1 when one does not.",
            (parsed, token) => commands.ContainAsync(Verbs.Settings(parsed), parsed.GetValue(urls)!, token),
            urls);
    }

    private static Option<int> Between(string name, string description, int normal, int least, int most)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => normal };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < least || result.GetValueOrDefault<int>() > most)
            {
                result.AddError($"{name} must be from {least} to {most}.");
            }
        });
        return option;
    }

    private static double ParseShare(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (text.EndsWith('%')
            && double.TryParse(text[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent)
            && percent is >= 0 and <= 90)
        {
            return percent / 100;
        }

        result.AddError($"--drop-response: '{text}' is not a share from 0% to 90%.");
        return 0;
    }
}

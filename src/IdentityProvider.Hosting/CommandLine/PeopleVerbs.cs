using System.CommandLine;

namespace IdentityProvider.Hosting.CommandLine;

/// <summary>The verbs about people and their sessions.</summary>
internal static class PeopleVerbs
{
    public static Command Users(UserCommands commands)
    {
        var name = new Argument<string>("NAME") { Description = "The username or subject." };
        var newName = new Argument<string>("NAME") { Description = "The username." };
        var locked = new Option<bool>("--locked") { Description = "Only those who are locked." };
        var limit = new Option<int>("--limit") { Description = "How many at most.", DefaultValueFactory = _ => 100 };
        var email = new Option<string?>("--email") { Description = "The e-mail address." };
        var verified = new Option<bool>("--email-verified") { Description = "The address is known to be theirs." };
        var fromInput = new Option<bool>("--password-stdin") { Description = "Read the password from the standard input; else one is made and printed." };
        var reason = new Option<string>("--reason") { Description = "Why; `users show` and `users list` say so.", Required = true };
        var requireReset = new Option<bool>("--require-reset") { Description = "Remove the old password: it may be known to others." };
        var requireMfa = new Option<bool>("--require-mfa-reenrol")
        {
            Description = "Void authenticator app, recovery codes, passkeys and linked accounts; the next sign-in needs `users one-time-code`, and sets a factor up anew.",
        };
        var since = new Option<DateTimeOffset>("--since")
        {
            Description = "With --require-mfa-reenrol: passkeys and linked accounts from before this time (ISO 8601) are theirs, and stay.",
            DefaultValueFactory = _ => DateTimeOffset.UnixEpoch,
        };
        var address = new Argument<string>("ADDRESS") { Description = "The e-mail address." };
        var validFor = new Option<TimeSpan>("--valid-for") { Description = "For how long, up to 24 hours.", DefaultValueFactory = _ => TimeSpan.FromMinutes(30) };
        validFor.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<TimeSpan>() is var duration && (duration < TimeSpan.FromMinutes(1) || duration > TimeSpan.FromHours(24)))
            {
                result.AddError("--valid-for must lie between 00:01:00 and 24 hours (1.00:00:00).");
            }
        });
        limit.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1)
            {
                result.AddError("--limit must be 1 or more.");
            }
        });

        return new Command("users", "People.")
        {
            Verbs.Verb("list", "Show all people.", (parsed, token) => commands.ListAsync(Verbs.Settings(parsed), parsed.GetValue(locked), parsed.GetValue(limit), token), locked, limit),
            Verbs.Verb("show", "Show a person.", (parsed, token) => commands.ShowAsync(Verbs.Settings(parsed), parsed.GetValue(name)!, token), name),
            Verbs.Verb(
                "create",
                "Add a person.",
                (parsed, token) => commands.CreateAsync(
                    Verbs.Settings(parsed), parsed.GetValue(newName)!, parsed.GetValue(email), parsed.GetValue(verified), parsed.GetValue(fromInput), token),
                newName, email, verified, fromInput),
            Verbs.Verb(
                "reset-password",
                "Set a new password; ends all sessions and grants.",
                (parsed, token) => commands.ResetPasswordAsync(Verbs.Settings(parsed), parsed.GetValue(name)!, parsed.GetValue(fromInput), token),
                name, fromInput),
            Verbs.Verb(
                "lock",
                "Refuse a person; ends all sessions and grants at once, at every instance.",
                (parsed, token) => commands.LockAsync(Verbs.Settings(parsed), parsed.GetValue(name)!, parsed.GetValue(reason)!, token),
                name, reason),
            Verbs.Verb(
                "unlock",
                "Let a person sign in again; what the lock ended stays ended.",
                (parsed, token) => commands.UnlockAsync(
                    Verbs.Settings(parsed), parsed.GetValue(name)!, parsed.GetValue(requireReset), parsed.GetValue(requireMfa), parsed.GetValue(since), token),
                name, requireReset, requireMfa, since),
            Verbs.Verb(
                "set-email",
                "Set the address of a person, who is known to read it; links that were mailed are void.",
                (parsed, token) => commands.SetEmailAsync(Verbs.Settings(parsed), parsed.GetValue(name)!, parsed.GetValue(address)!, token),
                name, address),
            Verbs.Verb(
                "one-time-code",
                "Make a code that stands in for a second factor once, for who has lost theirs. Make sure first that it is them.",
                (parsed, token) => commands.OneTimeCodeAsync(Verbs.Settings(parsed), parsed.GetValue(name)!, parsed.GetValue(validFor), token),
                name, validFor),
        };
    }

    public static Command Sessions(SessionCommands commands)
    {
        var user = new Option<string>("--user") { Description = "The username or subject.", Required = true };
        var allOf = new Option<string?>("--user") { Description = "All sessions of this person: the username or subject." };

        // What is no id is left to the settings behind it.
        var id = new Argument<Guid?>("ID")
        {
            Description = "The session's id, as `sessions list` shows it.",
            Arity = ArgumentArity.ZeroOrOne,
            CustomParser = result =>
            {
                if (result.Tokens.Count > 0 && Guid.TryParse(result.Tokens[0].Value, out var parsed))
                {
                    return parsed;
                }

                result.OnlyTake(0);
                return null;
            },
        };
        var end = Verbs.Verb(
            "end",
            "End a session, or all of a person. The clients hear of it.",
            (parsed, token) => parsed.GetValue(id) is { } session
                ? commands.EndAsync(Verbs.Settings(parsed), session, token)
                : commands.EndAllAsync(Verbs.Settings(parsed), parsed.GetValue(allOf)!, token),
            id, allOf);
        end.Validators.Add(result =>
        {
            if (result.GetValue(id) is null == result.GetValue(allOf) is null)
            {
                result.AddError("Give either the ID of a session or --user NAME.");
            }
        });

        return new Command("sessions", "Sessions of people.")
        {
            Verbs.Verb("list", "Show the live sessions of a person.", (parsed, token) => commands.ListAsync(Verbs.Settings(parsed), parsed.GetValue(user)!, token), user),
            end,
        };
    }
}

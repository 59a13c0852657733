using System.CommandLine;
using IdentityProvider.Accounts.Notifications;
using IdentityProvider.Hosting.CommandLine.Drills;
using IdentityProvider.Hosting.Configuration;
using IdentityProvider.Storage;

namespace IdentityProvider.Hosting.CommandLine;

/// <summary>The verbs of <c>idp</c>.</summary>
internal sealed class Verbs(ServerFactory factory, TextReader input, TextWriter output, TextWriter error)
{
    private const int Failure = 1;
    private const int WrongUsage = 2;

    public async Task<int> RunAsync(string[] args)
    {
        var root = Root();
        var parsed = root.Parse(args is ["help", ..] ? [.. args[1..], "--help"] : args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        var takesSettings = !parsed.CommandResult.Command.TreatUnmatchedTokensAsErrors;
        var stranger = takesSettings ? HostArguments.FindStranger(parsed.UnmatchedTokens)
            : parsed.UnmatchedTokens is [var first, ..] ? first
            : null;
        if (parsed.Errors.Count > 0 || stranger is not null)
        {
            var messages = parsed.Errors.Count > 0
                ? parsed.Errors.Select(problem => problem.Message)
                : [takesSettings
                    ? $"'{stranger}' is neither a command nor a setting such as --Issuer https://id.example.com."
                    : $"'{stranger}' is no option of this command, which takes no settings."];
            await error.WriteLineAsync(string.Join(Environment.NewLine, messages.Append("`idp help` lists the commands.")));
            return WrongUsage;
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration
            {
                Output = output,
                Error = error,
                EnableDefaultExceptionHandler = false,
                // The host handles signals itself, and drains.
                ProcessTerminationTimeout = null,
            });
        }
        catch (Exception exception) when (Describe(exception) is { } message)
        {
            await error.WriteLineAsync(message);
            return Failure;
        }
    }

    /// <summary>What an operator can act on, in words; null for a bug, which deserves its stack trace.</summary>
    private static string? Describe(Exception exception) => exception switch
    {
        ConfigurationException => exception.Message,
        MailDeliveryException => exception.Message,
        // Kestrel's way to say that the address is taken or not ours.
        IOException or UnauthorizedAccessException or System.Net.Sockets.SocketException => exception.Message,
        ArgumentException { Source: "Npgsql" or "Microsoft.Data.Sqlite" } => $"ConnectionStrings:Database cannot be used: {exception.Message}",
        _ when StorageOutage.IsOutage(exception) => $"The database is unavailable: {exception.GetBaseException().Message}",
        _ => null,
    };

    private RootCommand Root()
    {
        var commands = new Commands(factory, output);
        var mail = new MailCommands(factory, output, TimeProvider.System);
        var prune = new Option<bool>("--prune") { Description = "Also remove stored clients, scopes and resources that are in no file. People are never removed." };
        var path = new Option<string?>("--path") { Description = "A file or folder; else Seed:Path." };
        var now = new Option<bool>("--now") { Description = "Sign with the new keys at once; the old ones stay published." };
        var kid = new Argument<string>("KID") { Description = "The key id, as `keys list` shows it." };
        var to = new Option<string>("--to") { Description = "The recipient.", Required = true };
        var mailId = new Argument<string?>("ID") { Description = "The number, as `mail list` shows it; else all that were given up.", Arity = ArgumentArity.ZeroOrOne };
        var template = new Argument<string>("TEMPLATE") { Description = string.Join(", ", MailTemplates.All) };
        var culture = new Option<string?>("--culture") { Description = "The language, such as de." };
        var html = new Option<bool>("--html") { Description = "The HTML part instead of the text." };
        var url = new Option<string?>("--url") { Description = "The server's address; else what the configuration says." };

        var serve = Verb("serve", "Run the server. The default.", (parsed, token) => ServeAsync(parsed, token));
        var root = new RootCommand("IdentityProvider: an OAuth 2.0 and OpenID Connect server. Settings go behind a command, as in `idp serve --Issuer https://id.example.com`.")
        {
            serve,
            Verb("migrate", "Bring the database schema up to date.", (parsed, token) => commands.MigrateAsync(Settings(parsed), token)),
            Verb("cleanup", "Delete what has expired now; a running server does so every few minutes.", (parsed, token) => commands.CleanUpAsync(Settings(parsed), token)),
            new Command("seed", "Clients, scopes, resources and users from JSON files.")
            {
                Verb("plan", "Show what `apply` would change.", (parsed, token) => commands.SeedAsync(Settings(parsed), parsed.GetValue(path), parsed.GetValue(prune), apply: false, token), path, prune),
                Verb("apply", "Apply the files.", (parsed, token) => commands.SeedAsync(Settings(parsed), parsed.GetValue(path), parsed.GetValue(prune), apply: true, token), path, prune),
                Verb("export", "Write the stored clients, scopes and resources as JSON.", (parsed, token) => commands.ExportAsync(Settings(parsed), token)),
            },
            new Command("keys", "Signing keys.")
            {
                Verb("list", "Show all keys and what they are doing.", (parsed, token) => commands.ListKeysAsync(Settings(parsed), token)),
                Verb("rotate", "Announce the next keys.", (parsed, token) => commands.RotateKeysAsync(Settings(parsed), parsed.GetValue(now), token), now),
                Verb("retire", "Unpublish a key at once; what it signed is refused.", (parsed, token) => commands.RetireKeyAsync(Settings(parsed), parsed.GetValue(kid)!, token), kid),
            },
            PeopleVerbs.Users(new UserCommands(factory, input, output)),
            PeopleVerbs.Sessions(new SessionCommands(factory, output)),
            new Command("secret", "Secrets of clients and APIs.")
            {
                Verb("generate", "Print a new secret and the value for the seed file.", (_, _) => commands.GenerateSecretAsync()),
            },
            new Command("master-key", "The key that seals everything at rest.")
            {
                Verb("generate", "Print a new master key.", (_, _) => commands.GenerateMasterKeyAsync()),
            },
            new Command("mail", "Mail.")
            {
                Verb("test", "Send a test mail.", (parsed, token) => mail.TestAsync(Settings(parsed), parsed.GetValue(to)!, token), to),
                Verb("list", "Show the mails that wait, and those that were given up.", (parsed, token) => mail.ListAsync(Settings(parsed), token)),
                Verb("retry", "Try a mail again now.", (parsed, token) => mail.RetryAsync(Settings(parsed), parsed.GetValue(mailId), token), mailId),
                Verb("preview", "Print a mail with sample values.", (parsed, _) => mail.PreviewAsync(Settings(parsed), parsed.GetValue(template)!, parsed.GetValue(culture), parsed.GetValue(html)), template, culture, html),
            },
            DrillVerbs.Drill(new DrillCommands(factory, input, output)),
            Verb("healthcheck", "Ask the running server whether it is ready; for containers.", (parsed, token) => HealthCheckCommand.RunAsync(Settings(parsed), parsed.GetValue(url), output, token), url),
        };
        root.TreatUnmatchedTokensAsErrors = false;
        root.SetAction(ServeAsync);
        return root;
    }

    internal static string[] Settings(ParseResult parsed) => [.. parsed.UnmatchedTokens];

    private async Task<int> ServeAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        await factory.ServeAsync(Settings(parsed), cancellationToken);
        return 0;
    }

    internal static Command Verb(string name, string description, Func<ParseResult, CancellationToken, Task<int>> action, params Symbol[] symbols)
    {
        var command = new Command(name, description) { TreatUnmatchedTokensAsErrors = false };
        foreach (var symbol in symbols)
        {
            if (symbol is Option option)
            {
                command.Add(option);
            }
            else
            {
                command.Add((Argument)symbol);
            }
        }

        command.SetAction(action);
        return command;
    }
}

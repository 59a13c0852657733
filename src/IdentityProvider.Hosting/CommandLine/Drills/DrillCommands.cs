using System.Globalization;
using IdentityProvider.Hosting.Configuration;

namespace IdentityProvider.Hosting.CommandLine.Drills;

/// <summary>How the refresh drill comes by its first token.</summary>
internal sealed record RefreshDrillTarget
{
    public required string Url { get; init; }

    public required string ClientId { get; init; }

    public string? Secret { get; init; }

    /// <summary><c>-</c>: the first line of the standard input.</summary>
    public string? RefreshToken { get; init; }

    public string? Username { get; init; }

    public string? Password { get; init; }

    public string? RedirectUri { get; init; }

    public required string Scope { get; init; }
}

/// <summary>What <c>idp drill</c> does.</summary>
internal sealed class DrillCommands(ServerFactory factory, TextReader input, TextWriter output)
{
    public async Task<int> RefreshAsync(RefreshDrillTarget target, RefreshHabits habits, CancellationToken cancellationToken)
    {
        using var client = new DrillClient(DrillClient.ParseAddress(target.Url), target.ClientId, target.Secret);
        var browsers = new List<DrillBrowser>();
        var signIn = SignInOf(target, client, browsers);
        try
        {
            var first = target.RefreshToken switch
            {
                null when signIn is null => throw new ConfigurationException(
                    "Give --refresh-token, or --username, --password and --redirect-uri to have the drill sign in."),
                null => await signIn(),
                "-" => await input.ReadLineAsync(cancellationToken) is { Length: > 0 } line
                    ? line
                    : throw new ConfigurationException("--refresh-token -: the standard input is empty."),
                var given => given,
            };

            var (report, token) = await new RefreshDrill(client, habits, TimeProvider.System).RunAsync(first, signIn, cancellationToken);
            await PrintAsync(habits, report);
            if (target.RefreshToken is null && token is not null)
            {
                await client.RevokeAsync(token);
            }

            return report.LogOuts > 0 || report.SecondSuccessors > 0 ? 1 : 0;
        }
        finally
        {
            foreach (var browser in browsers)
            {
                await browser.SignOutAsync();
            }
        }
    }

    public async Task<int> ContainAsync(string[] settings, string[] urls, CancellationToken cancellationToken)
    {
        var instances = urls.Select(DrillClient.ParseAddress).ToList();
        await using var app = await factory.OpenAsync(settings, cancellationToken);
        var report = await new ContainmentDrill(app.Services, TimeProvider.System).RunAsync(instances, cancellationToken);

        await output.WriteLineAsync(
            $"Locked within {InMilliseconds(report.Lock)}: {report.Ended.Sessions} session(s) and {report.Ended.Grants} grant(s) ended. From then on until refused:");
        await output.WriteLineAsync($"{"INSTANCE",-40} {"SESSION",12} {"REFRESH TOKEN",14} {"ACCESS TOKEN",14}");
        foreach (var instance in report.Instances)
        {
            await output.WriteLineAsync(
                $"{instance.Instance,-40} {InMilliseconds(instance.Session),12} {InMilliseconds(instance.RefreshToken),14} {InMilliseconds(instance.AccessToken),14}");
        }

        return report.Instances.All(instance => instance.Complete) ? 0 : 1;
    }

    /// <summary>The browsers are collected, since their sessions have to be ended.</summary>
    private static Func<Task<string>>? SignInOf(RefreshDrillTarget target, DrillClient client, List<DrillBrowser> browsers)
    {
        if (target is { Username: null, Password: null, RedirectUri: null })
        {
            return null;
        }

        if (target is not { Username: { } username, Password: { } password, RedirectUri: { } redirectUri })
        {
            throw new ConfigurationException("--username, --password and --redirect-uri (one that the client has registered) belong together.");
        }

        return async () =>
        {
            try
            {
                var browser = new DrillBrowser(client);
                browsers.Add(browser);
                var tokens = await browser.SignInAsync(redirectUri, target.Scope, username, password);
                return tokens["refresh_token"] ?? throw new ConfigurationException(
                    $"Client '{target.ClientId}' got no refresh token: it needs AllowOfflineAccess, and --scope needs offline_access.");
            }
            catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
            {
                throw new ConfigurationException($"{target.Url} does not answer: {error.Message}");
            }
        };
    }

    private async Task PrintAsync(RefreshHabits habits, RefreshReport report)
    {
        var share = habits.DroppedShare.ToString("P0", CultureInfo.InvariantCulture);
        await output.WriteLineAsync($"""
            Rounds                {report.Rounds}, each with {habits.Tabs} tabs at once
            Requests              {report.Requests}
            Answers lost          {report.Dropped} ({share}), each asked for again
            Rotations             {report.Rotations}
            Same successor again  {report.SameSuccessor}
            Second successors     {report.SecondSuccessors}
            Refused               {report.Refused}
            Unavailable           {report.Unavailable}
            Throttled             {report.Throttled}
            Undecided rounds      {report.Undecided}
            Log-outs              {report.LogOuts}
            Latency               p50 {InMilliseconds(report.Median)}, p99 {InMilliseconds(report.Percentile99)}
            """);
        if (report.Rotations == 0 && report.LogOuts == 0 && report.Undecided < report.Rounds)
        {
            await output.WriteLineAsync("The refresh tokens of this client do not rotate, so there was nothing to lose. Choose one with RefreshTokenUsage OneTimeOnly.");
        }
    }

    private static string InMilliseconds(TimeSpan? time) =>
        time is { } span ? string.Create(CultureInfo.InvariantCulture, $"{span.TotalMilliseconds:0.0} ms") : "still taken";
}

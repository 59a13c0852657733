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
        var signIn = SignInOf(target, client);
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
        if (target.RefreshToken is null)
        {
            await client.RevokeAsync(token);
        }

        await PrintAsync(habits, report);
        return report.LogOuts > 0 || report.SecondSuccessors > 0 ? 1 : 0;
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

    private static Func<Task<string>>? SignInOf(RefreshDrillTarget target, DrillClient client)
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
                var tokens = await new DrillBrowser(client).SignInAsync(redirectUri, target.Scope, username, password);
                return tokens["refresh_token"] ?? throw new ConfigurationException(
                    $"Client '{target.ClientId}' got no refresh token: it needs AllowOfflineAccess, and --scope needs offline_access.");
            }
            catch (HttpRequestException error)
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
            Log-outs              {report.LogOuts}
            Latency               p50 {InMilliseconds(report.Median)}, p99 {InMilliseconds(report.Percentile99)}
            """);
        if (report.Rotations == 0 && report.LogOuts == 0)
        {
            await output.WriteLineAsync("The refresh tokens of this client do not rotate, so there was nothing to lose. Choose one with RefreshTokenUsage OneTimeOnly.");
        }
    }

    private static string InMilliseconds(TimeSpan? time) =>
        time is { } span ? string.Create(CultureInfo.InvariantCulture, $"{span.TotalMilliseconds:0.0} ms") : "still taken";
}

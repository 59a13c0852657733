using System.Net;
using System.Text;
using IdentityProvider.Accounts.Passwords;
using IdentityProvider.Protocol.Outbound;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Hosting.Passwords;

/// <summary>The range API of Have I Been Pwned, version 3. Padding hides from the network how many leaked passwords share the prefix.</summary>
internal sealed partial class PwnedPasswordRanges(
    OutboundHttp http, IOptions<PasswordPolicyOptions> options, TimeProvider time, ILogger<PwnedPasswordRanges> logger) : IBreachRanges
{
    /// <summary>30 s: where the service cannot be reached, one sign-in in so long waits for it, and not each.</summary>
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(30);

    private readonly PasswordPolicyOptions _options = options.Value;
    private long _pausedAt;
    private volatile bool _paused;

    public async Task<string?> FindAsync(string prefix, CancellationToken cancellationToken)
    {
        if (!_options.CheckBreachesOnline || (_paused && time.GetElapsedTime(Volatile.Read(ref _pausedAt)) < s_pause))
        {
            return null;
        }

        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_options.BreachRangeUrl, prefix));
        request.Headers.Add("Add-Padding", "true");
        request.Headers.UserAgent.ParseAdd("IdentityProvider");
        using var limit = new CancellationTokenSource(_options.BreachTimeLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            var answer = await http.SendAsync(request, either.Token);
            if (answer.Status == HttpStatusCode.OK)
            {
                _paused = false;
                return Encoding.ASCII.GetString(answer.Content.Span);
            }

            Pause(answer.Status is { } status ? $"status {(int)status}" : answer.Detail ?? "no answer");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            Pause("no answer in time");
        }

        return null;
    }

    private void Pause(string reason)
    {
        Volatile.Write(ref _pausedAt, time.GetTimestamp());
        _paused = true;
        Unanswered(reason);
    }

    [LoggerMessage(4100, LogLevel.Warning, "Leaked passwords could not be looked up, so for 30 s only the bundled list is: {Reason}")]
    private partial void Unanswered(string reason);
}

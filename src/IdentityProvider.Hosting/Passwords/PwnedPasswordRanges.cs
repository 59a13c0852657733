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
    private readonly PasswordPolicyOptions _options = options.Value;

    public async Task<string?> FindAsync(string prefix, CancellationToken cancellationToken)
    {
        if (!_options.CheckBreachesOnline)
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
                return Encoding.ASCII.GetString(answer.Content.Span);
            }

            Unanswered(answer.Status is { } status ? $"status {(int)status}" : answer.Detail ?? "no answer");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            Unanswered("no answer in time");
        }

        return null;
    }

    [LoggerMessage(4100, LogLevel.Warning, "Leaked passwords could not be looked up, so only the bundled list was: {Reason}")]
    private partial void Unanswered(string reason);
}

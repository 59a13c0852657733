using IdentityProvider.Protocol.Keys;
using IdentityProvider.Protocol.Tokens;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Hosting.Configuration;

/// <summary>No token outlives its key: it is signed until the last moment of the key, which then stays published for the retention.</summary>
internal sealed class TokenLifetimeRules(IOptions<KeyManagementOptions> keys) : IValidateOptions<TokenOptions>
{
    public ValidateOptionsResult Validate(string? name, TokenOptions options)
    {
        var retention = keys.Value.RetentionDuration;
        (string Name, TimeSpan Value)[] lifetimes =
        [
            (nameof(TokenOptions.AccessTokenLifetime), options.AccessTokenLifetime), (nameof(TokenOptions.IdentityTokenLifetime), options.IdentityTokenLifetime),
        ];
        string[] problems =
        [
            .. lifetimes.Where(lifetime => lifetime.Value > retention).Select(lifetime =>
                $"Tokens:{lifetime.Name}: {lifetime.Value} is longer than KeyManagement:RetentionDuration ({retention}), so a token would outlive the key that verifies it. "
                + "Shorten it, or lengthen that."),
        ];
        return problems.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }
}

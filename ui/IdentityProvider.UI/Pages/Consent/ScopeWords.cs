using IdentityProvider.Protocol.Interactions;
using IdentityProvider.UI.Localization;

namespace IdentityProvider.UI.Pages.Consent;

/// <summary>A scope in words for people.</summary>
/// <param name="Title">What the client may do.</param>
/// <param name="Detail">What that covers.</param>
internal sealed record ScopeWords(string Title, string? Detail)
{
    /// <summary>The scope's own words first; then ours, for the scopes of OpenID Connect Core §5.4 and §11; then its bare name.</summary>
    public static ScopeWords For(ConsentScope scope, PageTexts texts)
    {
        var ours = scope.Name switch
        {
            "openid" => new ScopeWords(texts["Scope.openid"], texts["Scope.openid.Detail"]),
            "profile" => new ScopeWords(texts["Scope.profile"], texts["Scope.profile.Detail"]),
            "email" => new ScopeWords(texts["Scope.email"], texts["Scope.Confirmed"]),
            "address" => new ScopeWords(texts["Scope.address"], null),
            "phone" => new ScopeWords(texts["Scope.phone"], texts["Scope.Confirmed"]),
            "offline_access" => new ScopeWords(texts["Scope.offline_access"], texts["Scope.offline_access.Detail"]),
            _ => new ScopeWords(scope.Name, null),
        };
        return new ScopeWords(scope.DisplayName ?? ours.Title, scope.Description ?? ours.Detail);
    }
}

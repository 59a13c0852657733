using IdentityProvider.Protocol.Interactions;

namespace IdentityProvider.UI.Pages.Consent;

/// <summary>A scope in words for people.</summary>
/// <param name="Title">What the client may do.</param>
/// <param name="Detail">What that covers.</param>
internal sealed record ScopeWords(string Title, string? Detail)
{
    /// <summary>The scope's own words first; then ours, for the scopes of OpenID Connect Core §5.4 and §11; then its bare name.</summary>
    public static ScopeWords For(ConsentScope scope)
    {
        var ours = scope.Name switch
        {
            "openid" => new ScopeWords("Recognise you", "The identifier of your account"),
            "profile" => new ScopeWords("See your profile", "Your name, username, picture and similar details"),
            "email" => new ScopeWords("See your e-mail address", "And whether it has been confirmed"),
            "address" => new ScopeWords("See your postal address", null),
            "phone" => new ScopeWords("See your phone number", "And whether it has been confirmed"),
            "offline_access" => new ScopeWords("Keep access while you are away", "Also after you have signed out here"),
            _ => new ScopeWords(scope.Name, null),
        };
        return new ScopeWords(scope.DisplayName ?? ours.Title, scope.Description ?? ours.Detail);
    }
}

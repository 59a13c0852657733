using Microsoft.AspNetCore.Http;

namespace IdentityProvider.Protocol.Endpoints;

/// <summary>The words of the pages on the way to an app, which nobody sees unless the app is slow or scripts are off.</summary>
/// <param name="Language">Their language (BCP 47).</param>
/// <param name="RightToLeft">How it is written.</param>
/// <param name="Title">That there is one more step.</param>
/// <param name="ToApp">The link or button that leads on.</param>
public sealed record OnwardText(string Language, bool RightToLeft, string Title, string ToApp);

/// <summary>Finds these words in the language of a request; English unless the host has more.</summary>
public interface IOnwardTexts
{
    /// <summary>For this request.</summary>
    OnwardText For(HttpContext context);
}

internal sealed class EnglishOnwardTexts : IOnwardTexts
{
    private static readonly OnwardText s_english = new("en", RightToLeft: false, "One more step", "Continue to the app that sent you here");

    public OnwardText For(HttpContext context) => s_english;
}

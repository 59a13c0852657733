using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using IdentityProvider.Hosting.Configuration;

namespace IdentityProvider.Hosting.CommandLine.Drills;

/// <summary>
/// A browser as far as our own pages need one: it signs in, allows what a client asks for, and stops where it would go to the client.
/// It sends every cookie back, Secure or not, since a drill may reach an instance behind the proxy that speaks https for it.
/// </summary>
internal sealed partial class DrillBrowser(DrillClient client)
{
    private const int MostSteps = 12;

    private readonly Dictionary<string, string> _cookies = new(StringComparer.Ordinal);

    /// <summary>Signs in by the code flow with PKCE; the answer of the token endpoint.</summary>
    /// <exception cref="ConfigurationException">It did not come to that; the message says what the server showed.</exception>
    public async Task<DrillAnswer> SignInAsync(string redirectUri, string scope, string username, string password)
    {
        var verifier = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var query = string.Join('&', new Dictionary<string, string>
        {
            ["client_id"] = client.Id,
            ["redirect_uri"] = redirectUri,
            ["response_type"] = "code",
            ["scope"] = scope,
            ["code_challenge"] = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier))),
            ["code_challenge_method"] = "S256",
        }.Select(parameter => $"{parameter.Key}={Uri.EscapeDataString(parameter.Value)}"));
        var code = await AuthorizeAsync(new Uri(client.Http.BaseAddress!, $"connect/authorize?{query}"), redirectUri, username, password);
        var answer = await client.PostAsync(
            "connect/token", ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirectUri), ("code_verifier", verifier));
        return answer.Succeeded ? answer : throw new ConfigurationException($"{client.Http.BaseAddress} gave no tokens for the code: {answer}.");
    }

    /// <summary>Whether the account page takes this browser for a signed-in person's; null: it did not say.</summary>
    public async Task<bool?> IsSignedInAsync()
    {
        try
        {
            using var response = await SendAsync(new Uri(client.Http.BaseAddress!, "account"), form: null);
            return response.StatusCode switch
            {
                HttpStatusCode.OK => true,
                HttpStatusCode.SeeOther => false,
                _ => null,
            };
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            return null;
        }
    }

    /// <summary>Ends the session, if the server lets it.</summary>
    public async Task SignOutAsync()
    {
        try
        {
            var url = new Uri(client.Http.BaseAddress!, "account/logout");
            using var page = await SendAsync(url, form: null);
            if (FormOf(await page.Content.ReadAsStringAsync(), "logout-confirm") is { } form)
            {
                using var signedOut = await SendAsync(url, Fields(form));
            }
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            // Then it ends by itself, when its time is over.
        }
    }

    private async Task<string> AuthorizeAsync(Uri url, string redirectUri, string username, string password)
    {
        var (form, signedIn) = (default(List<KeyValuePair<string, string>>), false);
        for (var step = 0; step < MostSteps; step++)
        {
            using var response = await SendAsync(url, form);
            if (response.Headers.Location is { } location && response.StatusCode is HttpStatusCode.SeeOther or HttpStatusCode.Found)
            {
                if (location.OriginalString.StartsWith(redirectUri, StringComparison.Ordinal))
                {
                    return CodeOf(location.OriginalString);
                }

                (url, form) = (new Uri(url, location), null);
                continue;
            }

            var page = await response.Content.ReadAsStringAsync();
            if (!signedIn && FormOf(page, "login-submit") is { } signIn)
            {
                form = [.. Fields(signIn), KeyValuePair.Create("username", username), KeyValuePair.Create("password", password)];
                signedIn = true;
            }
            else if (FormOf(page, "consent-allow") is { } consent)
            {
                form = [.. Fields(consent), KeyValuePair.Create("decision", "allow")];
            }
            else
            {
                throw new ConfigurationException(
                    $"{url.GetLeftPart(UriPartial.Path)} answered {(int)response.StatusCode} with the page '{TitleOf(page)}', which the drill cannot pass. "
                    + "Check the client, its redirect URI and scopes, and the user's name and password.");
            }
        }

        throw new ConfigurationException($"{url.GetLeftPart(UriPartial.Path)}: no code after {MostSteps} steps.");
    }

    private async Task<HttpResponseMessage> SendAsync(Uri url, List<KeyValuePair<string, string>>? form)
    {
        using var request = new HttpRequestMessage(form is null ? HttpMethod.Get : HttpMethod.Post, url);
        request.Content = form is null ? null : new FormUrlEncodedContent(form);
        if (_cookies.Count > 0)
        {
            request.Headers.Add("Cookie", string.Join("; ", _cookies.Select(cookie => $"{cookie.Key}={cookie.Value}")));
        }

        var response = await client.Http.SendAsync(request);
        foreach (var cookie in response.Headers.TryGetValues("Set-Cookie", out var set) ? set : [])
        {
            var pair = cookie.Split(';')[0].Split('=', 2);
            _cookies[pair[0]] = pair[^1];
        }

        return response;
    }

    /// <summary>The form around a button; null when the page has no such button.</summary>
    private static string? FormOf(string page, string buttonId)
    {
        var button = page.IndexOf($"id=\"{buttonId}\"", StringComparison.Ordinal);
        var (start, end) = button < 0 ? (-1, -1)
            : (page.LastIndexOf("<form", button, StringComparison.Ordinal), page.IndexOf("</form>", button, StringComparison.Ordinal));
        return start < 0 || end < 0 ? null : page[start..end];
    }

    /// <summary>What a form sends without being touched: hidden fields, and the boxes that are ticked.</summary>
    private static List<KeyValuePair<string, string>> Fields(string form) =>
    [
        .. Inputs().Matches(form).Select(input => input.Value)
            .Where(input => Attribute(input, "type") == "hidden"
                || (Attribute(input, "type") == "checkbox" && Ticked().IsMatch(input) && !input.Contains(" disabled", StringComparison.Ordinal)))
            .Select(input => KeyValuePair.Create(Attribute(input, "name") ?? "", Attribute(input, "value") ?? ""))
            .Where(field => field.Key.Length > 0),
    ];

    private static string CodeOf(string location) => Query("code", location)
        ?? throw new ConfigurationException($"The authorization request was refused: {Query("error", location)} {Query("error_description", location)}");

    private static string? Query(string name, string url) =>
        Regex.Match(url, $"[?&]{name}=([^&#]+)") is { Success: true } match ? WebUtility.UrlDecode(match.Groups[1].Value) : null;

    private static string TitleOf(string page) => Title().Match(page) is { Success: true } match ? WebUtility.HtmlDecode(match.Groups[1].Value).Trim() : "";

    private static string? Attribute(string tag, string name) =>
        Regex.Match(tag, $"\\s{name}=\"([^\"]*)\"") is { Success: true } match ? WebUtility.HtmlDecode(match.Groups[1].Value) : null;

    [GeneratedRegex("<input[^>]*>")]
    private static partial Regex Inputs();

    [GeneratedRegex("\\schecked[\\s=/>]")]
    private static partial Regex Ticked();

    [GeneratedRegex("<title>([^<]*)</title>")]
    private static partial Regex Title();
}

using System.Net;
using System.Text.RegularExpressions;

namespace IdentityProvider.Bench.Load;

/// <summary>A browser as far as sign-in needs one: cookies, redirects, and a form whose hidden fields go back as they came.</summary>
internal sealed partial class Browser(Http http)
{
    private const int MostHops = 12;

    private readonly Dictionary<string, string> _cookies = new(StringComparer.Ordinal);

    /// <summary>Follows an authorization request, signing in when asked, to the redirect URI; returns the code.</summary>
    public async Task<string> AuthorizeAsync(Uri authorizationRequest, string redirectUri, string username, string password)
    {
        var (url, form) = (authorizationRequest, default(Dictionary<string, string>));
        for (var hop = 0; hop < MostHops; hop++)
        {
            var reply = await SendAsync(url, form);
            if (reply.Location is { } location && reply.Status is (int)HttpStatusCode.SeeOther or (int)HttpStatusCode.Found)
            {
                if (location.StartsWith(redirectUri, StringComparison.Ordinal))
                {
                    return CodeOf(location);
                }

                (url, form) = (new Uri(url, location), null);
            }
            else
            {
                var page = reply.Expect(HttpStatusCode.OK, $"authorization at {url.AbsolutePath}").Text;
                (url, form) = FillIn(page, url, username, password);
            }
        }

        throw new UnexpectedReplyException($"authorization: still at {url} after {MostHops} requests");
    }

    private async Task<Reply> SendAsync(Uri url, Dictionary<string, string>? form)
    {
        var request = new HttpRequestMessage(form is null ? HttpMethod.Get : HttpMethod.Post, url);
        if (form is not null)
        {
            request.Content = new FormUrlEncodedContent(form);
        }

        if (_cookies.Count > 0)
        {
            request.Headers.Add("Cookie", string.Join("; ", _cookies.Select(cookie => $"{cookie.Key}={cookie.Value}")));
        }

        var reply = await http.SendAsync(request);
        foreach (var cookie in reply.SetCookies)
        {
            var (name, value) = (cookie[..cookie.IndexOf('=')], cookie[(cookie.IndexOf('=') + 1)..].Split(';')[0]);
            if (value.Length == 0)
            {
                _cookies.Remove(name);
            }
            else
            {
                _cookies[name] = value;
            }
        }

        return reply;
    }

    private static (Uri Url, Dictionary<string, string> Form) FillIn(string page, Uri url, string username, string password)
    {
        var form = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (Match input in Input().Matches(page))
        {
            if (Attribute(input.Value, "type") == "hidden" && Attribute(input.Value, "name") is { } name)
            {
                form[name] = Attribute(input.Value, "value") ?? "";
            }
        }

        form["username"] = username;
        form["password"] = password;
        var action = Form().Match(page) is { Success: true } match ? Attribute(match.Value, "action") : null;
        return (action is null ? url : new Uri(url, action), form);
    }

    private static string CodeOf(string location)
    {
        var match = Code().Match(location);
        return match.Success ? Uri.UnescapeDataString(match.Groups[1].Value) : throw new UnexpectedReplyException($"authorization: no code in {location}");
    }

    private static string? Attribute(string tag, string name)
    {
        var match = Regex.Match(tag, $"\\s{name}=\"([^\"]*)\"");
        return match.Success ? WebUtility.HtmlDecode(match.Groups[1].Value) : null;
    }

    [GeneratedRegex("<input[^>]*>")]
    private static partial Regex Input();

    [GeneratedRegex("<form[^>]*>")]
    private static partial Regex Form();

    [GeneratedRegex("[?&]code=([^&]+)")]
    private static partial Regex Code();
}

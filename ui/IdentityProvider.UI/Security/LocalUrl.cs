using Microsoft.AspNetCore.Http.Extensions;

namespace IdentityProvider.UI.Security;

/// <summary>A path on this server as it may stand in a header: anybody can have written it into a link.</summary>
internal static class LocalUrl
{
    public static string Encode(string url) => UriHelper.Encode(new Uri(url, UriKind.Relative));
}

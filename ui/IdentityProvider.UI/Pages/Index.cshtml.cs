using IdentityProvider.Protocol.Subjects;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdentityProvider.UI.Pages;

/// <summary>The start page: what this server is, and where to go.</summary>
public sealed class IndexModel(StartPageContents contents, ISubjects subjects) : PageModel
{
    /// <summary>What the host shows here.</summary>
    public StartPageContents Contents { get; internal set; } = contents;

    /// <summary>Who is signed in; null: nobody.</summary>
    public string? Username { get; internal set; }

    /// <summary>Shows the page.</summary>
    public async Task OnGetAsync() => Username = (await subjects.GetSessionAsync(HttpContext))?.Username;
}

using IdentityProvider.Accounts.Notifications;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.DependencyInjection;

namespace IdentityProvider.UI.Pages.Dev;

/// <summary>The mails that Development keeps instead of sending them: <c>/dev/mailbox</c>. Not found where mail is sent.</summary>
public sealed class MailboxModel(IServiceProvider services) : PageModel
{
    /// <summary>Latest first.</summary>
    public IReadOnlyList<KeptMail> Mails { get; private set; } = [];

    /// <summary>Shows them.</summary>
    public IActionResult OnGet()
    {
        if (services.GetService<DevelopmentMailbox>() is not { } mailbox)
        {
            return NotFound();
        }

        Mails = [.. mailbox.Mails.Reverse()];
        return Page();
    }

    internal static IEnumerable<(string Text, bool IsLink)> Lines(KeptMail mail) => mail.Message.Text.TrimEnd().Split('\n')
        .Select(line => (line, Uri.TryCreate(line, UriKind.Absolute, out var link) && link.Scheme is "http" or "https"));
}

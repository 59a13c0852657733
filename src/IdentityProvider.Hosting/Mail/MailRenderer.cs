using System.Globalization;
using System.Net;
using System.Resources;
using System.Text;
using IdentityProvider.Accounts.Locations;
using IdentityProvider.Accounts.Notifications;
using IdentityProvider.Hosting.Configuration;
using IdentityProvider.UI.Branding;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Hosting.Mail;

/// <summary>
/// Puts a mail together: the words of <c>MailTexts.resx</c> in the reader's language, with name and colour of the brand, as text and as
/// HTML that says the same. Links go to the issuer, whatever host a request came to.
/// </summary>
internal sealed class MailRenderer(ServerSettings settings, IOptions<BrandingOptions> branding)
{
    private static readonly ResourceManager s_texts = new("IdentityProvider.Hosting.Mail.MailTexts", typeof(MailRenderer).Assembly);

    /// <summary>Where the button of a mail leads, if it has one.</summary>
    private static readonly Dictionary<string, string> s_paths = new()
    {
        [MailTemplates.VerifyEmail] = "/account/verify-email",
        [MailTemplates.AccountExists] = "/account/login",
        [MailTemplates.ResetPassword] = "/account/reset-password",
        [MailTemplates.ChangeEmail] = "/account/email/confirm",
        [MailTemplates.EmailChanged] = "/account/email/undo",
        [MailTemplates.NewSignIn] = "/account/not-me",
        [MailTemplates.AccountLocked] = "/account/forgot-password",
        [MailTemplates.PasswordChanged] = "/account/forgot-password",
        [MailTemplates.TokenReused] = "/account",
        [MailTemplates.PasswordRefused] = "/account/forgot-password",
        [MailTemplates.SecurityChanged] = "/account/security",
        [MailTemplates.AccountDeletion] = "/account/login",
    };

    private readonly BrandingOptions _branding = branding.Value;
    private readonly string _issuer = settings.Issuer.GetLeftPart(UriPartial.Authority);

    public MailMessage Render(OutgoingMail mail, IReadOnlyDictionary<string, string> secrets)
    {
        var culture = CultureOf(mail.Culture);
        var change = mail.Values.GetValueOrDefault("change", "");
        var words = new Words(mail.Template, culture, new Dictionary<string, string>(mail.Values)
        {
            ["change"] = s_texts.GetString($"change.{change}", culture) ?? change,
            ["brand"] = _branding.Name,
            ["issuer"] = _issuer,
            ["time"] = TimeOf(mail, culture),
            ["address"] = PlaceOf(mail, culture),
        });
        var token = secrets.TryGetValue("token", out var value) ? $"?token={Uri.EscapeDataString(value)}" : "";
        var content = new Content
        {
            Heading = words["Heading"],
            Hello = words.Common("Hello"),
            Paragraphs = words["Body"].Split("\n\n"),
            Code = secrets.GetValueOrDefault("code"),
            CodeLabel = words.Common("Code"),
            Button = s_paths.ContainsKey(mail.Template) ? words["Button"] : null,
            Link = s_paths.TryGetValue(mail.Template, out var path) ? $"{_issuer}{path}{token}" : null,
            LinkHint = words.Common("LinkHint"),
            Circumstances = words["Circumstances"],
            NotYou = words["NotYou"],
            Footer = words.Common("Footer"),
        };
        return new MailMessage(mail.To, words["Subject"], Text(content), Html(content, culture));
    }

    private static string TimeOf(OutgoingMail mail, CultureInfo culture) =>
        mail.Values.TryGetValue("time", out var written)
        && DateTimeOffset.TryParse(written, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? $"{time.UtcDateTime.ToString("d MMMM yyyy HH:mm", culture)} UTC"
            : "–";

    private static string PlaceOf(OutgoingMail mail, CultureInfo culture)
    {
        var address = mail.Values.GetValueOrDefault("address", "–");
        return mail.Values.TryGetValue("country", out var country) ? $"{address} ({CountryNames.In(culture, country)})" : address;
    }

    private static CultureInfo CultureOf(string? name)
    {
        try
        {
            return name is null ? CultureInfo.GetCultureInfo("en") : CultureInfo.GetCultureInfo(name, predefinedOnly: true);
        }
        catch (CultureNotFoundException)
        {
            return CultureInfo.GetCultureInfo("en");
        }
    }

    private static string Text(Content content)
    {
        var text = new StringBuilder();
        text.Append(content.Heading).Append("\n\n").Append(content.Hello).Append("\n\n").AppendJoin("\n\n", content.Paragraphs).Append("\n\n");
        if (content.Code is { } code)
        {
            text.Append(content.CodeLabel).Append(": ").Append(code).Append("\n\n");
        }

        if (content.Link is { } link)
        {
            text.Append(content.Button).Append(":\n").Append(link).Append("\n\n");
        }

        return text
            .Append(content.Circumstances).Append("\n\n").Append(content.NotYou).Append("\n\n-- \n").Append(content.Footer).Append('\n')
            .ToString();
    }

    /// <summary>Styles inline, since mail programs drop style sheets; nothing is loaded from anywhere, so that opening it tells nobody.</summary>
    private string Html(Content content, CultureInfo culture)
    {
        var html = new StringBuilder();
        html.Append(CultureInfo.InvariantCulture, $"""
            <!DOCTYPE html>
            <html lang="{culture.TwoLetterISOLanguageName}" dir="{(culture.TextInfo.IsRightToLeft ? "rtl" : "ltr")}">
            <head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><title>{Encode(content.Heading)}</title></head>
            <body style="margin:0;padding:24px;font:16px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif">
            <div style="max-width:480px;margin:0 auto">
            <p style="margin:0 0 24px;font-weight:600">{Encode(_branding.Name)}</p>
            <h1 style="margin:0 0 16px;font-size:22px;line-height:1.3">{Encode(content.Heading)}</h1>
            <p>{Encode(content.Hello)}</p>

            """);
        foreach (var paragraph in content.Paragraphs)
        {
            html.Append(CultureInfo.InvariantCulture, $"<p>{Encode(paragraph)}</p>\n");
        }

        if (content.Code is { } code)
        {
            html.Append(CultureInfo.InvariantCulture, $"""
                <p style="margin:24px 0 0">{Encode(content.CodeLabel)}</p>
                <p dir="ltr" style="margin:0 0 24px;font:600 28px/1.4 ui-monospace,monospace;letter-spacing:4px">{Encode(code)}</p>

                """);
        }

        if (content is { Link: { } link, Button: { } button })
        {
            html.Append(CultureInfo.InvariantCulture, $"""
                <p style="margin:24px 0"><a href="{Encode(link)}" style="display:inline-block;padding:12px 20px;border-radius:8px;background:{_branding.AccentColor};color:{_branding.OnAccentColor()};font-weight:600;text-decoration:none">{Encode(button)}</a></p>
                <p style="font-size:14px">{Encode(content.LinkHint)}<br><a dir="ltr" href="{Encode(link)}" style="color:inherit;word-break:break-all">{Encode(link)}</a></p>

                """);
        }

        return html.Append(CultureInfo.InvariantCulture, $"""
            <p style="font-size:14px">{Encode(content.Circumstances)}</p>
            <p style="font-size:14px">{Encode(content.NotYou)}</p>
            <p style="margin-top:32px;font-size:13px;opacity:.75">{Encode(content.Footer)}</p>
            </div>
            </body>
            </html>

            """).ToString();
    }

    private static string Encode(string text) => WebUtility.HtmlEncode(text);

    /// <summary>The texts of one template, with <c>{name}</c> replaced by its value.</summary>
    private sealed class Words(string template, CultureInfo culture, IReadOnlyDictionary<string, string> values)
    {
        public string this[string part] => Fill(Find($"{template}.{part}"));

        public string Common(string part) => Fill(Find(part));

        private string Find(string key) =>
            s_texts.GetString(key, culture) ?? throw new InvalidDataException($"MailTexts.resx has no '{key}'.");

        /// <summary>In one pass, so that a value that looks like a name stays what it is.</summary>
        private string Fill(string text)
        {
            var filled = new StringBuilder(text.Length);
            for (var at = 0; at < text.Length;)
            {
                var end = text[at] == '{' ? text.IndexOf('}', at) : -1;
                if (end < 0)
                {
                    filled.Append(text[at++]);
                    continue;
                }

                filled.Append(values.GetValueOrDefault(text[(at + 1)..end], "–"));
                at = end + 1;
            }

            return filled.ToString();
        }
    }

    private sealed record Content
    {
        public required string Heading { get; init; }

        public required string Hello { get; init; }

        public required IReadOnlyList<string> Paragraphs { get; init; }

        public string? Code { get; init; }

        public required string CodeLabel { get; init; }

        /// <summary>Null: there is nothing to open; the code is typed where it was asked for.</summary>
        public string? Button { get; init; }

        public string? Link { get; init; }

        public required string LinkHint { get; init; }

        public required string Circumstances { get; init; }

        public required string NotYou { get; init; }

        public required string Footer { get; init; }
    }
}

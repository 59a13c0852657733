using System.ComponentModel.DataAnnotations;

namespace IdentityProvider.Hosting.Mail;

/// <summary>Which mail system is used.</summary>
internal enum MailProvider
{
    /// <summary>None: Development keeps mail in memory, elsewhere it waits in the outbox until it expires.</summary>
    None,

    /// <summary>An SMTP server.</summary>
    Smtp,

    /// <summary>Twilio SendGrid's REST API, version 3.</summary>
    SendGrid,
}

/// <summary>Section <c>Mail</c>.</summary>
internal sealed record MailSection : IValidatableObject
{
    /// <summary>None until one is chosen.</summary>
    [EnumDataType(typeof(MailProvider))]
    public MailProvider Provider { get; set; }

    /// <summary>The sender's address; a display name may precede it, as in <c>Accounts &lt;accounts@example.com&gt;</c>.</summary>
    public string? From { get; set; }

    /// <summary>For the provider Smtp.</summary>
    public SmtpSection Smtp { get; set; } = new();

    /// <summary>For the provider SendGrid.</summary>
    public SendGridSection SendGrid { get; set; } = new();

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Provider != MailProvider.None && !System.Net.Mail.MailAddress.TryCreate(From, out _))
        {
            yield return new ValidationResult("set it to the sender's address.", [nameof(From)]);
        }

        if (Provider == MailProvider.Smtp && string.IsNullOrWhiteSpace(Smtp.Host))
        {
            yield return new ValidationResult("set it to the host name of the SMTP server.", ["Smtp:Host"]);
        }

        if (Provider == MailProvider.SendGrid && string.IsNullOrWhiteSpace(SendGrid.ApiKey))
        {
            yield return new ValidationResult("set it to an API key with the permission Mail Send.", ["SendGrid:ApiKey"]);
        }
    }
}

/// <summary>How the way to the SMTP server is protected.</summary>
internal enum SmtpSecurity
{
    /// <summary>In clear until STARTTLS (RFC 3207), which is required.</summary>
    StartTls,

    /// <summary>From the first byte (RFC 8314 §3.3).</summary>
    Tls,

    /// <summary>Not at all: for a mail catcher on the same machine.</summary>
    None,
}

/// <summary>Section <c>Mail:Smtp</c>.</summary>
internal sealed record SmtpSection
{
    /// <summary>The server.</summary>
    public string? Host { get; set; }

    /// <summary>587, the submission port (RFC 6409); 465 goes with <see cref="SmtpSecurity.Tls"/>.</summary>
    [Range(1, 65535)]
    public int Port { get; set; } = 587;

    /// <summary>Absent: no authentication.</summary>
    public string? Username { get; set; }

    /// <summary>The password for it.</summary>
    public string? Password { get; set; }

    /// <summary>STARTTLS, and a server that does not offer it is refused.</summary>
    [EnumDataType(typeof(SmtpSecurity))]
    public SmtpSecurity Security { get; set; }
}

/// <summary>Section <c>Mail:SendGrid</c>.</summary>
internal sealed record SendGridSection
{
    /// <summary>The API key.</summary>
    public string? ApiKey { get; set; }

    /// <summary>The global endpoint; accounts in the EU use <c>https://api.eu.sendgrid.com/</c>.</summary>
    [Required, Url]
    public string BaseUrl { get; set; } = "https://api.sendgrid.com/";
}

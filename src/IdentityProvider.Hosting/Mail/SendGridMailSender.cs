using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Mail;
using IdentityProvider.Accounts.Notifications;
using IdentityProvider.Protocol.Outbound;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Hosting.Mail;

/// <summary>Sends through SendGrid's REST API: <c>POST /v3/mail/send</c>, answered by 202 without a body.</summary>
internal sealed class SendGridMailSender(OutboundHttp http, IOptions<MailSection> options) : IMailSender
{
    public async Task SendAsync(Accounts.Notifications.MailMessage message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        var section = options.Value;
        var from = new MailAddress(section.From!);
        object[] content = message.Html is { } html
            ? [new { type = "text/plain", value = message.Text }, new { type = "text/html", value = html }]
            : [new { type = "text/plain", value = message.Text }];
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(new Uri(section.SendGrid.BaseUrl), "/v3/mail/send"))
        {
            Content = JsonContent.Create(new
            {
                personalizations = new[] { new { to = new[] { new { email = message.To } } } },
                from = new { email = from.Address, name = from.DisplayName.Length == 0 ? null : from.DisplayName },
                subject = message.Subject,
                content,
                headers = Headers(message, from),
            }),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", section.SendGrid.ApiKey);
        var answer = await http.SendAsync(request, cancellationToken);
        if (answer.Status is not { } status)
        {
            throw new MailDeliveryException($"SendGrid could not be reached: {answer.Detail}");
        }

        if (status is < HttpStatusCode.OK or >= HttpStatusCode.Ambiguous)
        {
            throw new MailDeliveryException($"SendGrid answered {(int)status}.") { IsPermanent = IsPermanent(status) };
        }
    }

    private static Dictionary<string, string> Headers(Accounts.Notifications.MailMessage message, MailAddress from)
    {
        // RFC 3834 §5: keeps vacation responders quiet.
        var headers = new Dictionary<string, string> { ["Auto-Submitted"] = "auto-generated" };
        if (message.Id is { } id)
        {
            headers["Message-ID"] = $"<{id}@{from.Host}>";
        }

        return headers;
    }

    /// <summary>A message that is malformed or too large stays so; a wrong key is put right some day.</summary>
    private static bool IsPermanent(HttpStatusCode status) => status is HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge;
}

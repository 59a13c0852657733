namespace IdentityProvider.Accounts.Notifications;

/// <summary>A mail, text first; HTML is optional.</summary>
/// <param name="To">One address.</param>
/// <param name="Subject">One line.</param>
/// <param name="Text">The whole message as plain text.</param>
/// <param name="Html">The same as HTML.</param>
public sealed record MailMessage(string To, string Subject, string Text, string? Html = null);

/// <summary>Sends mail. A host may replace it.</summary>
public interface IMailSender
{
    /// <summary>Hands the message over to the mail system.</summary>
    /// <exception cref="MailDeliveryException">The mail system refused or could not be reached.</exception>
    Task SendAsync(MailMessage message, CancellationToken cancellationToken);
}

/// <summary>The mail system refused or could not be reached.</summary>
public sealed class MailDeliveryException(string message, Exception? innerException = null) : Exception(message, innerException);

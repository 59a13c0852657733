namespace IdentityProvider.Accounts.Notifications;

/// <summary>A mail, text first; HTML is optional.</summary>
/// <param name="To">One address.</param>
/// <param name="Subject">One line.</param>
/// <param name="Text">The whole message as plain text.</param>
/// <param name="Html">The same as HTML.</param>
public sealed record MailMessage(string To, string Subject, string Text, string? Html = null)
{
    /// <summary>The left part of the Message-ID: the same for each attempt, so that a mail that was handed over twice can be told; null: the mail system makes one.</summary>
    public string? Id { get; init; }
}

/// <summary>Sends mail. A host may replace it.</summary>
public interface IMailSender
{
    /// <summary>Hands the message over to the mail system.</summary>
    /// <exception cref="MailDeliveryException">The mail system refused or could not be reached.</exception>
    Task SendAsync(MailMessage message, CancellationToken cancellationToken);
}

/// <summary>The mail system refused or could not be reached.</summary>
public sealed class MailDeliveryException(string message, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>It is this message that was refused, and it will be again.</summary>
    public bool IsPermanent { get; init; }
}

using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using MimeKit;
using SmtpServer;
using SmtpServer.Authentication;
using SmtpServer.ComponentModel;
using SmtpServer.Mail;
using SmtpServer.Protocol;
using SmtpServer.Storage;

namespace IdentityProvider.Tests.Mail;

/// <summary>A mail server on loopback that keeps what it gets.</summary>
internal sealed class SmtpCatcher : IAsyncDisposable
{
    public const string Username = "mailer";
    public const string Password = "correct horse";

    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<MimeMessage> _mails = new();
    private readonly Task _running;

    private SmtpCatcher(int port, bool implicitTls, X509Certificate2? certificate, bool authenticate)
    {
        Port = port;
        var options = new SmtpServerOptionsBuilder()
            .ServerName("mail.test")
            .Endpoint(endpoint =>
            {
                endpoint.Endpoint(new IPEndPoint(IPAddress.Loopback, port)).IsSecure(implicitTls).AuthenticationRequired(authenticate);
                if (certificate is not null)
                {
                    endpoint.Certificate(certificate);
                }
            })
            .Build();
        var services = new ServiceProvider();
        services.Add(new Keeper(this));
        services.Add(new Postmaster(this));
        services.Add(new Doorman());
        _running = new SmtpServer.SmtpServer(options, services).StartAsync(_stop.Token);
    }

    public int Port { get; }

    public IReadOnlyList<MimeMessage> Mails => [.. _mails];

    /// <summary>What it says to every recipient; null: come in.</summary>
    public SmtpResponse? RecipientAnswer { get; set; }

    /// <summary>What it says to every message; null: accepted.</summary>
    public SmtpResponse? MessageAnswer { get; set; }

    public static async Task<SmtpCatcher> StartAsync(int? port = null, bool implicitTls = false, X509Certificate2? certificate = null, bool authenticate = false)
    {
        var catcher = new SmtpCatcher(port ?? Ports.Free(), implicitTls, certificate, authenticate);
        await Ports.UntilTakenAsync(catcher.Port);
        return catcher;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private sealed class Keeper(SmtpCatcher catcher) : MessageStore
    {
        public override async Task<SmtpResponse> SaveAsync(
            ISessionContext context, IMessageTransaction transaction, ReadOnlySequence<byte> buffer, CancellationToken cancellationToken)
        {
            if (catcher.MessageAnswer is { } answer)
            {
                return answer;
            }

            using var stream = new MemoryStream(buffer.ToArray());
            catcher._mails.Enqueue(await MimeMessage.LoadAsync(stream, cancellationToken));
            return SmtpResponse.Ok;
        }
    }

    private sealed class Postmaster(SmtpCatcher catcher) : MailboxFilter
    {
        public override Task<bool> CanDeliverToAsync(ISessionContext context, IMailbox to, IMailbox from, CancellationToken cancellationToken) =>
            catcher.RecipientAnswer is { } answer ? throw new SmtpResponseException(answer) : Task.FromResult(true);
    }

    private sealed class Doorman : UserAuthenticator
    {
        public override Task<bool> AuthenticateAsync(ISessionContext context, string user, string password, CancellationToken cancellationToken) =>
            Task.FromResult((user, password) == (Username, Password));
    }
}

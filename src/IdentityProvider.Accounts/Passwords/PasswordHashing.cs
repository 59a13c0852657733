using System.Threading.Channels;
using IdentityProvider.Accounts.SignIn;
using IdentityProvider.Accounts.Users;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Accounts.Passwords;

/// <summary>
/// Runs password hashes on a few threads of their own, with a bounded queue: memory-hard work takes neither the thread pool
/// nor all processors from the requests that need no hash.
/// </summary>
internal sealed class PasswordHashing : IDisposable
{
    private readonly IPasswordHasher<User> _hasher;
    private readonly Channel<Action> _queue;
    private readonly Lazy<string> _decoy;
    private readonly Lazy<int> _workers;
    private readonly Dictionary<string, int> _waiting = new(StringComparer.Ordinal);
    private readonly int _share;
    private readonly User _nobody = new();

    public PasswordHashing(IPasswordHasher<User> hasher, IOptions<Argon2Options> options)
    {
        _hasher = hasher;
        _share = options.Value.MaxQueuePerNetwork > 0 ? options.Value.MaxQueuePerNetwork : Math.Max(1, options.Value.MaxQueue / 4);
        _queue = Channel.CreateBounded<Action>(options.Value.MaxQueue);
        _decoy = new Lazy<string>(() => _hasher.HashPassword(_nobody, "a password that nobody has"));
        _workers = new Lazy<int>(() => StartWorkers(options.Value.MaxConcurrency));
    }

    /// <exception cref="OverloadedException">The queue, or this network's share of it, is full.</exception>
    public Task<string> HashAsync(string password, string network) => RunAsync(() => _hasher.HashPassword(_nobody, password), network);

    /// <exception cref="OverloadedException">The queue, or this network's share of it, is full.</exception>
    public Task<PasswordVerificationResult> VerifyAsync(string hash, string password, string network) =>
        RunAsync(() => _hasher.VerifyHashedPassword(_nobody, hash, password), network);

    /// <summary>Costs as much as <see cref="VerifyAsync"/> with a current hash, and always fails: for names that do not exist.</summary>
    /// <exception cref="OverloadedException">The queue, or this network's share of it, is full.</exception>
    public Task<PasswordVerificationResult> VerifyDecoyAsync(string password, string network) => RunAsync(
        () =>
        {
            _hasher.VerifyHashedPassword(_nobody, _decoy.Value, password);
            return PasswordVerificationResult.Failed;
        },
        network);

    public void Dispose() => _queue.Writer.TryComplete();

    private async Task<T> RunAsync<T>(Func<T> work, string network)
    {
        if (!TryJoin(network))
        {
            throw new OverloadedException();
        }

        try
        {
            return await RunAsync(work);
        }
        finally
        {
            Leave(network);
        }
    }

    private bool TryJoin(string network)
    {
        lock (_waiting)
        {
            var waiting = _waiting.GetValueOrDefault(network);
            if (waiting >= _share)
            {
                return false;
            }

            _waiting[network] = waiting + 1;
            return true;
        }
    }

    private void Leave(string network)
    {
        lock (_waiting)
        {
            if (--_waiting[network] == 0)
            {
                _waiting.Remove(network);
            }
        }
    }

    private Task<T> RunAsync<T>(Func<T> work)
    {
        _ = _workers.Value;
        var completion = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var queued = _queue.Writer.TryWrite(() =>
        {
            try
            {
                completion.SetResult(work());
            }
#pragma warning disable CA1031 // The exception is the caller's, who awaits the task; this thread must go on.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                completion.SetException(exception);
            }
        });
        return queued ? completion.Task : throw new OverloadedException();
    }

    private int StartWorkers(int configured)
    {
        var count = configured > 0 ? configured : Math.Max(1, Environment.ProcessorCount - 1);
        for (var i = 0; i < count; i++)
        {
            new Thread(Work) { IsBackground = true, Name = "password hashing" }.Start();
        }

        return count;
    }

    private void Work()
    {
        // Made first, whoever comes first: else the first unknown name would cost one hash more than a known one. Not by way of the
        // queue, where it would take somebody's place.
        _ = _decoy.Value;
        while (_queue.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (_queue.Reader.TryRead(out var work))
            {
                work();
            }
        }
    }
}

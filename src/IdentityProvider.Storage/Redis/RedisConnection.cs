using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace IdentityProvider.Storage.Redis;

/// <summary>
/// The one connection to Redis. Whoever asks must be able to do without an answer: Redis keeps nothing that decides. The first call that
/// fails or is late makes it count as away, and from then on nobody waits for it; <see cref="RedisWatch"/> finds out when it is back.
/// </summary>
public sealed partial class RedisConnection : IDisposable
{
    private const int Unknown = 0;
    private const int Reachable = 1;
    private const int Away = 2;

    /// <summary>A connection is made by no request, so it may take longer than a call: names to resolve, and perhaps TLS.</summary>
    private static readonly TimeSpan _connectLimit = TimeSpan.FromSeconds(1);

    private readonly ConfigurationOptions _configuration;
    private readonly TimeSpan _callLimit;
    private readonly TimeProvider _time;
    private readonly ILogger<RedisConnection> _logger;
    private readonly Lock _connecting = new();
    private Task<ConnectionMultiplexer>? _connection;
    private int _state = Unknown;

    internal RedisConnection(string connectionString, IOptions<RedisOptions> options, TimeProvider time, ILogger<RedisConnection> logger)
    {
        _configuration = Parse(connectionString);
        _callLimit = options.Value.CallTimeout;
        _time = time;
        _logger = logger;
    }

    /// <summary>Whether it answered when it was last asked.</summary>
    public bool IsReachable => Volatile.Read(ref _state) == Reachable;

    /// <summary>What is wrong with a connection string; null: nothing. Its text, which may hold a password, is not repeated.</summary>
    public static string? FindProblem(string connectionString)
    {
        try
        {
            return Parse(connectionString).EndPoints.Count == 0 ? "It names no server." : null;
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException)
        {
            return "It is not of the form host:port,password=…,ssl=true.";
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        lock (_connecting)
        {
            if (_connection is { IsCompletedSuccessfully: true })
            {
                _connection.Result.Dispose();
            }
        }
    }

    /// <summary>One question, within the time limit. Not answered: Redis is away, and the caller goes on without it.</summary>
    internal async ValueTask<(bool Answered, T? Answer)> AskAsync<T>(Func<IDatabase, Task<T>> question) =>
        IsReachable ? await TryAsync(connection => question(connection.GetDatabase())) : default;

    /// <summary>Asks whether it is there, away or not, on both of its connections.</summary>
    internal async Task<bool> PingAsync()
    {
        var (answered, _) = await TryAsync(async connection =>
            await connection.GetDatabase().PingAsync() + await connection.GetSubscriber().PingAsync());
        if (answered && Interlocked.Exchange(ref _state, Reachable) != Reachable)
        {
            LogReachable();
        }

        return answered;
    }

    /// <summary>Tells every instance. A command that ends at once has asked nobody before, so it tries; whoever knows better does not wait.</summary>
    internal async Task PublishAsync(string channel, string message)
    {
        if (Volatile.Read(ref _state) != Away)
        {
            await TryAsync(connection => connection.GetSubscriber().PublishAsync(channel, message));
        }
    }

    /// <summary>The library subscribes again by itself after a connection has broken.</summary>
    internal async Task<bool> SubscribeAsync(string channel, Action<string> handle)
    {
        var (answered, _) = await TryAsync(async connection =>
        {
            await connection.GetSubscriber().SubscribeAsync(channel, (_, message) => handle(message!));
            return true;
        });
        return answered;
    }

    private static ConfigurationOptions Parse(string connectionString)
    {
        var configuration = ConfigurationOptions.Parse(connectionString);

        // A server that is not there yet is none to give up on; the library goes on trying, at most every two seconds.
        configuration.AbortOnConnectFail = false;
        configuration.ConnectTimeout = (int)_connectLimit.TotalMilliseconds;
        configuration.ReconnectRetryPolicy = new ExponentialRetry(200, 2000);
        configuration.KeepAlive = 10;
        return configuration;
    }

    private Task<ConnectionMultiplexer> ConnectAsync()
    {
        lock (_connecting)
        {
            if (_connection is null or { IsFaulted: true })
            {
                _connection = Task.Run(() => ConnectionMultiplexer.ConnectAsync(_configuration));
            }

            return _connection;
        }
    }

    private async Task<(bool Answered, T? Answer)> TryAsync<T>(Func<ConnectionMultiplexer, Task<T>> call)
    {
        try
        {
            var connection = await ConnectAsync().WaitAsync(_connectLimit, _time);

            // The library's asynchronous calls have no limit of their own: a server that is frozen would hold them for ever.
            return (true, await call(connection).WaitAsync(_callLimit, _time));
        }
#pragma warning disable CA1031 // Whatever the library meets on its way: Redis takes nothing down with it.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            if (Interlocked.Exchange(ref _state, Away) != Away)
            {
                LogAway(exception.GetType().Name);
            }

            return default;
        }
    }

    // The library's messages name hosts and its own innards at length; the kind of failure is what helps.
    [LoggerMessage(Level = LogLevel.Warning, Message = "Redis is away ({Failure}); each instance counts for itself, and changes take a second to spread")]
    private partial void LogAway(string failure);

    [LoggerMessage(Level = LogLevel.Information, Message = "Redis is reachable")]
    private partial void LogReachable();
}

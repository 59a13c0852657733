using System.Collections.Concurrent;
using IdentityProvider.Accounts.Users;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace IdentityProvider.Tests.Accounts;

/// <summary>The real hasher, which counts its work and can be held up.</summary>
internal sealed class CountingPasswordHasher(IPasswordHasher<User> real) : IPasswordHasher<User>
{
    private int _running;

    /// <summary>The hashes that were verified against, in order.</summary>
    public ConcurrentQueue<string> Verified { get; } = new();

    /// <summary>The most hashes that ran at a time.</summary>
    public int MostAtATime { get; private set; }

    /// <summary>Closed while work shall wait.</summary>
    public ManualResetEventSlim Gate { get; } = new(initialState: true);

    /// <summary>Fails at everything.</summary>
    public bool Broken { get; set; }

    /// <summary>Puts one around the hasher that the provider registers.</summary>
    public static void Install(WebApplicationBuilder builder) => ((IHostApplicationBuilder)builder).ConfigureContainer(
        new DefaultServiceProviderFactory(new ServiceProviderOptions { ValidateScopes = true, ValidateOnBuild = true }),
        services =>
        {
            var registered = services.Last(service => service.ServiceType == typeof(IPasswordHasher<User>));
            services.AddSingleton(provider => new CountingPasswordHasher(
                (IPasswordHasher<User>)ActivatorUtilities.CreateInstance(provider, registered.ImplementationType!)));
            services.AddSingleton<IPasswordHasher<User>>(provider => provider.GetRequiredService<CountingPasswordHasher>());
        });

    public string HashPassword(User user, string password) => real.HashPassword(user, password);

    public PasswordVerificationResult VerifyHashedPassword(User user, string hashedPassword, string providedPassword)
    {
        if (Broken)
        {
            throw new InvalidOperationException("Out of order.");
        }

        MostAtATime = Math.Max(MostAtATime, Interlocked.Increment(ref _running));
        Verified.Enqueue(hashedPassword);
        Gate.Wait();
        var result = real.VerifyHashedPassword(user, hashedPassword, providedPassword);
        Interlocked.Decrement(ref _running);
        return result;
    }
}

using IdentityProvider.Hosting.CommandLine;
using Microsoft.AspNetCore.Builder;

namespace IdentityProvider.Hosting;

/// <summary>The whole program: command line, configuration, server.</summary>
public static class IdentityProviderApplication
{
    /// <summary>
    /// Runs the verb that the arguments name, <c>serve</c> when they name none; arguments that are no verb go into the configuration.
    /// Returns the exit code: 0, 1 for a failure with one message on standard error, 2 for wrong usage.
    /// </summary>
    /// <param name="args">The arguments of the process.</param>
    /// <param name="configure">Registers what the host adds or replaces.</param>
    /// <param name="use">Adds routes and middleware behind ours.</param>
    public static Task<int> RunAsync(string[] args, Action<WebApplicationBuilder>? configure = null, Action<WebApplication>? use = null)
    {
        ArgumentNullException.ThrowIfNull(args);
        return new Verbs(new ServerFactory(configure, use), Console.In, Console.Out, Console.Error).RunAsync(args);
    }
}

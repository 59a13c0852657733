using IdentityProvider.Hosting.Startup;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace IdentityProvider.Hosting.CommandLine;

/// <summary>Builds the application, to serve or to let a command use its services.</summary>
internal sealed class ServerFactory(Action<WebApplicationBuilder>? configure, Action<WebApplication>? use)
{
    /// <summary>Serves until the process is told to stop.</summary>
    public async Task ServeAsync(string[] arguments, CancellationToken cancellationToken)
    {
        await using var app = Build(arguments);
        await app.PrepareIdentityProviderAsync(cancellationToken);
        app.UseIdentityProvider();
        use?.Invoke(app);
        await ((IHost)app).RunAsync(cancellationToken);
    }

    /// <summary>Services for a command, with the root key open. Nothing listens, migrates or seeds.</summary>
    public async Task<WebApplication> OpenAsync(IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var app = BuildForCommand(arguments);
        try
        {
            await app.Services.GetRequiredService<Preparation>().OpenAsync(cancellationToken);
            return app;
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    /// <summary>Services for a command that needs no open store.</summary>
    public WebApplication BuildForCommand(IEnumerable<string> arguments) =>
        Build([.. arguments, "--Telemetry:LogToStandardError=true", "--Serilog:MinimumLevel:Default=Warning"]);

    private WebApplication Build(string[] arguments)
    {
        // The settings lie beside the assembly, wherever the process was started.
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = arguments, ContentRootPath = AppContext.BaseDirectory });
        configure?.Invoke(builder);
        builder.AddIdentityProvider();
        return builder.Build();
    }
}

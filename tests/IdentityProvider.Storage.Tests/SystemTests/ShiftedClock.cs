using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace IdentityProvider.Storage.Tests.SystemTests;

/// <summary>The clock of a machine that is wrong, and runs on.</summary>
internal sealed class ShiftedClock(TimeSpan shift) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + shift;
}

internal static class ClockExtensions
{
    public static void Use(this WebApplicationBuilder builder, TimeProvider clock) =>
        builder.Services.Replace(ServiceDescriptor.Singleton(clock));
}

using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace IdentityProvider.Tests.Support;

/// <summary>Goes before each call of a service: to listen, to fail, or to be faster than somebody else.</summary>
#pragma warning disable CA1852 // The proxy that is made at run time inherits from it.
internal class Intercepted<T> : DispatchProxy
#pragma warning restore CA1852
    where T : class
{
    private T _real = null!;
    private Action<T, string, object?[]> _before = null!;

    /// <summary>Puts it before a singleton once all services are known.</summary>
    public static void Install(WebApplicationBuilder builder, Action<T, string, object?[]> before) => ((IHostApplicationBuilder)builder).ConfigureContainer(
        new DefaultServiceProviderFactory(new ServiceProviderOptions { ValidateScopes = true, ValidateOnBuild = true }),
        services =>
        {
            var registered = services.Last(service => service.ServiceType == typeof(T));
            services.AddSingleton(provider =>
            {
                var proxy = Create<T, Intercepted<T>>();
                var intercepted = (Intercepted<T>)(object)proxy;
                intercepted._real = (T)(registered.ImplementationFactory?.Invoke(provider) ?? ActivatorUtilities.CreateInstance(provider, registered.ImplementationType!));
                intercepted._before = before;
                return proxy;
            });
        });

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        _before(_real, targetMethod!.Name, args ?? []);
        return targetMethod.Invoke(_real, args);
    }
}

namespace IdentityProvider.Hosting.CommandLine;

/// <summary>Arguments that are no verb: settings, in the forms that .NET's configuration reads.</summary>
internal static class HostArguments
{
    /// <summary>The first argument that is neither <c>--key=value</c>, <c>--key value</c> nor <c>key=value</c>; null when there is none.</summary>
    public static string? FindStranger(IReadOnlyList<string> arguments)
    {
        for (var i = 0; i < arguments.Count; i++)
        {
            if (arguments[i].Contains('=', StringComparison.Ordinal))
            {
                continue;
            }

            if (!arguments[i].StartsWith("--", StringComparison.Ordinal) || ++i == arguments.Count)
            {
                return arguments[Math.Min(i, arguments.Count - 1)];
            }
        }

        return null;
    }
}

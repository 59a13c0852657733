namespace IdentityProvider.Hosting.Configuration;

/// <summary>The server cannot start or a command cannot run as configured. The message is for the operator and names what to set.</summary>
public sealed class ConfigurationException(IReadOnlyList<string> problems)
    : Exception(string.Join(Environment.NewLine, problems))
{
    /// <summary>One problem.</summary>
    public ConfigurationException(string problem)
        : this([problem])
    {
    }

    /// <summary>Each problem in a sentence or two.</summary>
    public IReadOnlyList<string> Problems { get; } = problems;
}

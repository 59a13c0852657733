using IdentityProvider.Hosting.CommandLine;

namespace IdentityProvider.Tests.Configuration;

/// <summary>Runs <c>idp</c> in this process, as far as the exit code.</summary>
internal static class Startup
{
    /// <summary>Enough for Production to be content, without a database.</summary>
    public static readonly Dictionary<string, string> Production = new()
    {
        ["environment"] = "Production",
        ["Issuer"] = "https://id.example.com",
        ["Database:Provider"] = "Postgres",
        ["ConnectionStrings:Database"] = "Host=127.0.0.1;Port=1;Database=idp;Username=idp;Timeout=1",
        ["MasterKey"] = "YqgZ7v/OV7HYnwlm8Phmr91TyG/pODs0vIjae6F12yU=",
    };

    public static Task<(int Code, string Output, string Error)> StartAsync(params (string Key, string? Value)[] changes)
    {
        var settings = new Dictionary<string, string>(Production);
        foreach (var (key, value) in changes)
        {
            settings.Remove(key);
            if (value is not null)
            {
                settings[key] = value;
            }
        }

        return RunAsync([.. settings.Select(setting => $"--{setting.Key}={setting.Value}")]);
    }

    public static Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments) => RunWithInputAsync("", arguments);

    public static async Task<(int Code, string Output, string Error)> RunWithInputAsync(string text, params string[] arguments)
    {
        using var input = new StringReader(text);
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await new Verbs(new ServerFactory(null, null), input, output, error).RunAsync(arguments);
        return (code, output.ToString(), error.ToString());
    }
}

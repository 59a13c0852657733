namespace IdentityProvider.Bench.Targets;

/// <summary>Where things are, and scratch space that goes away.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string PostgresScript { get; } = Path.Combine(Root, "tests", "postgres.sh");

    public static string PeerDirectory { get; } = Path.Combine(Root, "tests", "bench", "peer");

    /// <summary>The server as it was built along with this program.</summary>
    public static string Server { get; } = Path.Combine(
        Root, "src", "IdentityProvider.Server", "bin", new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name, "net10.0", "idp.dll");

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "IdentityProvider.sln")))
        {
            directory = directory.Parent ?? throw new InvalidOperationException("The bench runs from within its repository.");
        }

        return directory.FullName;
    }
}

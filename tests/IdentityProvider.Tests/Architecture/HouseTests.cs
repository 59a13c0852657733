using System.Xml.Linq;
using Xunit;

namespace IdentityProvider.Tests.Architecture;

/// <summary>The rules of the house that the compiler does not know.</summary>
public sealed class HouseTests
{
    /// <summary>Who may see whom. Everything else is upside down.</summary>
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["IdentityProvider.Protocol"] = [],
        ["IdentityProvider.Accounts"] = [],
        ["IdentityProvider.Storage"] = ["IdentityProvider.Protocol", "IdentityProvider.Accounts"],
        ["IdentityProvider.UI"] = ["IdentityProvider.Protocol", "IdentityProvider.Accounts"],
        ["IdentityProvider.Hosting"] = ["IdentityProvider.Protocol", "IdentityProvider.Accounts", "IdentityProvider.Storage", "IdentityProvider.UI"],
        ["IdentityProvider.Server"] = ["IdentityProvider.Hosting"],
    };

    /// <summary>Packages that would break a wall: no database outside Storage, no pages outside UI.</summary>
    private static readonly string[] DatabasePackages = ["Microsoft.EntityFrameworkCore", "Npgsql", "StackExchange.Redis", "Microsoft.Data.Sqlite"];

    [Fact]
    public void Projects_reference_each_other_one_way()
    {
        var found = Projects().ToDictionary(
            project => Path.GetFileNameWithoutExtension(project),
            project => References(project, "ProjectReference").Select(Path.GetFileNameWithoutExtension).ToArray());

        Assert.Equal(Allowed.Keys.Order(), found.Keys.Order());
        Assert.All(found, project => Assert.Empty(project.Value.Except(Allowed[project.Key])));
    }

    [Fact]
    public void Only_storage_knows_a_database() => Assert.All(
        Projects().Where(project => !project.Contains("Storage", StringComparison.Ordinal)),
        project => Assert.DoesNotContain(References(project, "PackageReference"), package => DatabasePackages.Any(package.StartsWith)));

    [Fact]
    public void No_file_is_longer_than_500_lines() => Assert.All(
        Sources("src", "ui", "tests"),
        file => Assert.True(File.ReadLines(file).Count() <= 500, $"{file} is longer than 500 lines."));

    [Fact]
    public void Namespaces_equal_folders() => Assert.All(Sources("src", "ui"), file =>
    {
        if (File.ReadLines(file).FirstOrDefault(line => line.StartsWith("namespace ", StringComparison.Ordinal)) is { } line)
        {
            var folder = Path.GetDirectoryName(file)!;
            var project = Projects().Single(project => (folder + Path.DirectorySeparatorChar).StartsWith(Path.GetDirectoryName(project) + Path.DirectorySeparatorChar, StringComparison.Ordinal));
            var below = Path.GetRelativePath(Path.GetDirectoryName(project)!, folder);
            var expected = Path.GetFileNameWithoutExtension(project) + (below == "." ? "" : "." + below.Replace(Path.DirectorySeparatorChar, '.'));
            Assert.Equal($"namespace {expected};", line);
        }
    });

    [Fact]
    public void Nothing_is_left_for_later() => Assert.All(Sources("src", "ui", "tests").Where(file => Path.GetFileName(file) != "HouseTests.cs"), file =>
    {
        var text = File.ReadAllText(file);
        Assert.DoesNotMatch(@"\b(TODO|FIXME|HACK)\b|NotImplementedException|\bSkip\s*=\s*""", text);
    });

    /// <summary>Clients name addresses: whoever calls one does so by the fetcher that checks it. Commands call the server that the operator names.</summary>
    [Fact]
    public void Only_the_fetcher_and_commands_make_HTTP_calls() => Assert.All(
        Sources("src", "ui").Where(file => Path.GetFileName(file) != "OutboundHttp.cs"
            && !file.Contains($"{Path.DirectorySeparatorChar}CommandLine{Path.DirectorySeparatorChar}", StringComparison.Ordinal)),
        file => Assert.DoesNotMatch(
            @"\b(HttpClient|HttpMessageInvoker|HttpClientHandler|SocketsHttpHandler|AddHttpClient|IHttpClientFactory|WebRequest|WebClient|TcpClient)\b", File.ReadAllText(file)));

    /// <summary>What a query looks up by its hash is found by an index, not by comparing.</summary>
    [Fact]
    [Trait("row", "P6")]
    public void Secrets_are_compared_in_fixed_time() => Assert.All(Sources("src", "ui"), file =>
    {
        foreach (var line in File.ReadLines(file).Where(line => !line.Contains(".Where(row", StringComparison.Ordinal)))
        {
            Assert.DoesNotMatch(@"(?i)(secret|hash|mac|password|verifier|nonce)\w*\)?(\.\w+\(\))?\.(SequenceEqual|Equals)\(", line);
            Assert.DoesNotMatch(@"(Secret|Hash|Mac|Password|Verifier)\b *(==|!=) *(?!null|default|\w+\.Length)", line);
        }
    });

    private static string[] Projects() =>
        [.. ((string[])["src", "ui"]).SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*.csproj", SearchOption.AllDirectories))];

    private static IEnumerable<string> References(string project, string kind) =>
        XDocument.Load(project).Descendants(kind).Select(reference => (string)reference.Attribute("Include")!);

    private static IEnumerable<string> Sources(params string[] folders) => folders
        .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*.cs", SearchOption.AllDirectories))
        .Where(file => !Path.GetRelativePath(Repository.Root, file).Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj" or "Migrations" or "node_modules"));
}

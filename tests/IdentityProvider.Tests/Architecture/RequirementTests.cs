using System.Text.RegularExpressions;
using Xunit;

namespace IdentityProvider.Tests.Architecture;

/// <summary>Every row of the requirements that we claim has a test that carries it.</summary>
public sealed partial class RequirementTests
{
    private static readonly string[] s_claimed =
    [
        "P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8", "P9", "P10", "P11", "P12", "P13", "P14", "P15", "P16",
        "T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8", "T9", "T10", "T11", "T12", "T13", "T16", "T17", "T20", "T22",
        "S1", "S2", "S3", "S4", "S5", "S6", "S7", "S8", "S10", "S12", "S13",
        "R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8", "R9",
        "E1", "E2", "E3", "E5", "E6", "E7", "E8",
        "D1", "D3", "D4", "D6", "X14", "X17", "X18", "X20", "X22",
    ];

    [Fact]
    public void Every_row_has_a_test_and_every_test_a_row()
    {
        var tagged = Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests"), "*Tests.cs", SearchOption.AllDirectories)
            .Concat(Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests"), "*Contract.cs", SearchOption.AllDirectories))
            .SelectMany(file => Row().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value));

        Assert.Equal(s_claimed.Order(StringComparer.Ordinal), tagged.Distinct().Order(StringComparer.Ordinal));
    }

    [GeneratedRegex("""\[Trait\("row", "([^"]+)"\)\]""")]
    private static partial Regex Row();
}

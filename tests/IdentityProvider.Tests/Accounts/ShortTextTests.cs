using IdentityProvider.Accounts;
using IdentityProvider.Protocol.Endpoints;
using Xunit;

namespace IdentityProvider.Tests.Accounts;

/// <summary>What is too long is cut between characters: PostgreSQL stores no half of one, and would refuse what came with it.</summary>
public sealed class ShortTextTests
{
    [Theory]
    [InlineData("abc", 4, "abc")]
    [InlineData("abcde", 4, "abcd")]
    [InlineData("abc😀", 4, "abc")]
    [InlineData("ab😀c", 4, "ab😀")]
    public void A_text_is_never_cut_in_the_middle_of_a_character(string text, int longest, string expected) =>
        Assert.Equal(expected, ShortText.Of(text, longest));

    [Fact]
    public void Neither_is_the_family_of_a_user_agent()
    {
        var family = CallerMarks.UserAgentFamily(new string('a', 31) + "😀/1.0");

        Assert.Equal(new string('a', 31), family);
    }
}

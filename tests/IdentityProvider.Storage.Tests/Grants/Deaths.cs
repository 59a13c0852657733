using System.Reflection;
using Xunit.Sdk;

namespace IdentityProvider.Storage.Tests.Grants;

/// <summary>What ends a grant wherever it stands; each is one arm of the liveness that every statement joins.</summary>
public enum Death
{
    UserDisabled,
    EpochRaised,
    ClientDisabled,
    SessionEnded,
    SessionOver,
}

internal static class Deaths
{
    public static Task InflictAsync(this Scene scene, Death death) => death switch
    {
        Death.UserDisabled => scene.DisableUserAsync(),
        Death.EpochRaised => scene.RaiseEpochAsync(),
        Death.ClientDisabled => scene.DisableClientAsync(),
        Death.SessionEnded => scene.EndSessionAsync(),
        Death.SessionOver => scene.ExpireSessionAsync(absolute: true),
        _ => throw new ArgumentOutOfRangeException(nameof(death)),
    };
}

/// <summary>One run per <see cref="Death"/>.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class EveryDeathAttribute : DataAttribute
{
    public override IEnumerable<object[]> GetData(MethodInfo testMethod) => Enum.GetValues<Death>().Select(death => new object[] { death });
}

using System.Reflection;
using Xunit.Sdk;

namespace IdentityProvider.Tests.Support;

/// <summary>Runs a theory of the Basic plan once as it is, and once for the Form Post plan, which has the same modules.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ResponseModesAttribute : DataAttribute
{
    public override IEnumerable<object[]> GetData(MethodInfo testMethod) => [["query"], ["form_post"]];
}

using System.Reflection;
using IdentityProvider.Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Conformance;

/// <summary>Every module of the plans that we claim has a test.</summary>
public sealed class ModuleCoverageTests
{
    private static readonly string[] s_config = ["oidcc-discovery-endpoint-verification"];

    /// <summary>Also those of the Form Post plan.</summary>
    private static readonly string[] s_basic =
    [
        "oidcc-server", "oidcc-response-type-missing", "oidcc-idtoken-signature", "oidcc-idtoken-unsigned", "oidcc-userinfo-get", "oidcc-userinfo-post-header",
        "oidcc-userinfo-post-body", "oidcc-ensure-request-without-nonce-succeeds-for-code-flow", "oidcc-scope-profile", "oidcc-scope-email",
        "oidcc-scope-address", "oidcc-scope-phone", "oidcc-scope-all", "oidcc-alternate-happy-flow", "oidcc-display-page", "oidcc-display-popup",
        "oidcc-ui-locales", "oidcc-claims-locales", "oidcc-login-hint", "oidcc-ensure-request-with-unknown-parameter-succeeds", "oidcc-prompt-login",
        "oidcc-prompt-none-not-logged-in", "oidcc-prompt-none-logged-in", "oidcc-max-age-1", "oidcc-max-age-10000", "oidcc-id-token-hint",
        "oidcc-ensure-request-with-acr-values-succeeds", "oidcc-codereuse", "oidcc-codereuse-30seconds", "oidcc-ensure-registered-redirect-uri",
        "oidcc-ensure-post-request-succeeds", "oidcc-server-client-secret-post",
        "oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported",
        "oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported", "oidcc-claims-essential",
        "oidcc-ensure-request-object-with-redirect-uri", "oidcc-refresh-token", "oidcc-ensure-request-with-valid-pkce-succeeds",
    ];

    /// <summary>What no browser takes part in has no response mode.</summary>
    private static readonly string[] s_withoutResponse = ["oidcc-idtoken-unsigned"];

    private static readonly string[] s_logout =
    [
        "oidcc-rp-initiated-logout-discovery-endpoint-verification", "oidcc-rp-initiated-logout",
        "oidcc-rp-initiated-logout-bad-post-logout-redirect-uri", "oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri",
        "oidcc-rp-initiated-logout-modified-id-token-hint", "oidcc-rp-initiated-logout-bad-id-token-hint", "oidcc-rp-initiated-logout-no-id-token-hint",
        "oidcc-rp-initiated-logout-no-params", "oidcc-rp-initiated-logout-no-post-logout-redirect-uri", "oidcc-rp-initiated-logout-only-state",
        "oidcc-rp-initiated-logout-no-state",
    ];

    /// <summary>Of the plans Back-Channel, Front-Channel and Session Management OP.</summary>
    private static readonly string[] s_logoutOfClients =
    [
        "oidcc-backchannel-logout-discovery-endpoint-verification", "oidcc-backchannel-rp-initiated-logout",
        "oidcc-frontchannel-logout-discovery-endpoint-verification", "oidcc-frontchannel-rp-initiated-logout",
        "oidcc-session-management-discovery-endpoint-verification", "oidcc-session-management-rp-initiated-logout",
    ];

    [Fact]
    public void Every_module_of_the_plans_has_a_test_and_every_test_a_module_that_exists()
    {
        var tested = Tests().SelectMany(Modules).ToHashSet();
        string[] listed = [.. s_config, .. s_basic, .. s_logout, .. s_logoutOfClients];

        Assert.Equal(listed.Order(), tested.Order());
    }

    [Fact]
    public void Every_module_of_the_basic_plan_runs_for_the_form_post_plan_too()
    {
        var posted = Tests().Where(test => test.IsDefined(typeof(ResponseModesAttribute))).SelectMany(Modules).ToHashSet();

        Assert.Equal(s_basic.Except(s_withoutResponse).Order(), posted.Order());
    }

    private static IEnumerable<MethodInfo> Tests() => typeof(ModuleCoverageTests).Assembly.GetTypes()
        .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Instance))
        .Where(method => method.IsDefined(typeof(FactAttribute)));

    private static IEnumerable<string> Modules(MethodInfo test) => test.GetCustomAttributesData()
        .Where(attribute => attribute.AttributeType == typeof(TraitAttribute) && (string?)attribute.ConstructorArguments[0].Value == "module")
        .Select(attribute => (string)attribute.ConstructorArguments[1].Value!);
}

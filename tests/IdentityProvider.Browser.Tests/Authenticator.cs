using System.Text.Json;
using System.Text.Json.Nodes;

namespace IdentityProvider.Browser.Tests;

/// <summary>Chromium's virtual authenticator: the screen lock of a device that has somebody in front of it.</summary>
internal sealed class Authenticator
{
    private readonly ICDPSession _session;
    private readonly string _id;

    private Authenticator(ICDPSession session, string id) => (_session, _id) = (session, id);

    public static async Task<Authenticator> PlugInAsync(IPage page, bool synced = false)
    {
        var session = await page.Context.NewCDPSessionAsync(page);
        await session.SendAsync("WebAuthn.enable", new() { ["enableUI"] = false });
        var added = await session.SendAsync("WebAuthn.addVirtualAuthenticator", new()
        {
            ["options"] = new JsonObject
            {
                ["protocol"] = "ctap2",
                ["ctap2Version"] = "ctap2_1",
                ["transport"] = "internal",
                ["hasResidentKey"] = true,
                ["hasUserVerification"] = true,
                ["isUserVerified"] = true,
                ["automaticPresenceSimulation"] = true,
                ["defaultBackupEligibility"] = synced,
                ["defaultBackupState"] = synced,
            },
        });
        return new Authenticator(session, added!.Value.GetProperty("authenticatorId").GetString()!);
    }

    /// <summary>Whether whoever is there passes the screen lock.</summary>
    public Task VerifyUserAsync(bool passes) => SendAsync("WebAuthn.setUserVerified", ("isUserVerified", passes));

    public async Task<int> CountAsync()
    {
        var answer = await _session.SendAsync("WebAuthn.getCredentials", new() { ["authenticatorId"] = _id });
        return answer!.Value.GetProperty("credentials").GetArrayLength();
    }

    private Task<JsonElement?> SendAsync(string method, (string Name, object Value) argument) =>
        _session.SendAsync(method, new() { ["authenticatorId"] = _id, [argument.Name] = argument.Value });
}

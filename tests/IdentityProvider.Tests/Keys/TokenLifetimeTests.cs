using System.Security.Cryptography;
using System.Text;
using IdentityProvider.Protocol.Clients;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace IdentityProvider.Tests.Keys;

/// <summary>No token outlives the key that verifies it, wherever its client comes from.</summary>
public sealed class TokenLifetimeTests
{
    private const string Secret = "a secret of the tests";

    [Theory]
    [InlineData(AccessTokenType.Jwt, 3600)]
    [InlineData(AccessTokenType.Reference, 7200)]
    public async Task A_client_of_a_host_gets_tokens_that_live_as_long_as_their_key_is_published(AccessTokenType type, int lifetime)
    {
        await using var host = await TestHost.StartAsync(options =>
        {
            options.Settings["KeyManagement:RetentionDuration"] = "01:00:00";
            options.Configure = builder => builder.Services.AddSingleton<IClientSource>(new OneClient(new Client
            {
                ClientId = "own",
                ClientSecrets = [new ClientSecret { Value = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Secret))) }],
                AllowedGrantTypes = ["client_credentials"],
                AllowedScopes = ["api.read"],
                AccessTokenType = type,
                AccessTokenLifetime = 7200,
            }));
        });

        using var answer = await host.Http.PostAsync("/connect/token", ("client_id", "own"), ("client_secret", Secret), ("grant_type", "client_credentials"));

        Assert.Equal(lifetime, (await answer.ReadJsonAsync()).GetProperty("expires_in").GetInt32());
    }

    private sealed class OneClient(Client client) : IClientSource
    {
        public ValueTask<Client?> FindAsync(string clientId, CancellationToken cancellationToken) => ValueTask.FromResult(clientId == client.ClientId ? client : null);

        public ValueTask<bool> AllowsOriginAsync(string origin, CancellationToken cancellationToken) => ValueTask.FromResult(false);
    }
}

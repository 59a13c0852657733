using System.Text.Json;
using IdentityProvider.Hosting.Configuration;
using IdentityProvider.Hosting.Seeding;
using IdentityProvider.Protocol.Clients;
using IdentityProvider.Protocol.Scopes;
using Xunit;

namespace IdentityProvider.Tests.Seeding;

public sealed class SeedFileTests : IDisposable
{
    private const string Web = """
        "ClientId": "c", "ClientSecrets": [{"Plaintext": "s"}], "AllowedGrantTypes": ["authorization_code"]
        """;

    private static readonly TimeSpan s_retention = TimeSpan.FromDays(14);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("idp-test-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [InlineData("""{"Clients": [{"ClientId": "c", "AllowedGrantTypes": []}, {"Foo": 1, "ClientId": "d"}]}""", "seed.json: $.Clients[1].Foo: unknown property")]
    [InlineData("""{"Clients": [{"ClientId": "c", "RequireDPoP": true}]}""", "$.Clients[0].RequireDPoP: this feature is not built yet")]
    [InlineData("""{"Clients": [{"ClientName": "c"}]}""", "$.Clients[0].ClientId: this is required")]
    [InlineData("""{"Clients": [{"ClientId": 5}]}""", "$.Clients[0].ClientId: ")]
    [InlineData("""{"Clients": [{"ClientId": "c", "AccessTokenType": "Opaque"}]}""", "$.Clients[0].AccessTokenType: ")]
    [InlineData("""{"Clients": [{"ClientId": "c", "AccessTokenType": 1}]}""", "$.Clients[0].AccessTokenType: ")]
    [InlineData("""{"Clients": [{"ClientId": "c", "ClientSecrets": [{"Valu": "x"}]}]}""", "$.Clients[0].ClientSecrets[0]: 'Valu' is not a property of a secret")]
    [InlineData("""{"Clients": [{"ClientId": "c", "ClientSecrets": [{}]}]}""", "$.Clients[0].ClientSecrets[0]: A secret has either Value")]
    [InlineData("""{"Clients": ["c"]}""", "$.Clients[0]: this must be an object")]
    [InlineData("""{"Clients": {}}""", "$.Clients: this must be an array")]
    [InlineData("""{"Kunden": []}""", "$.Kunden: unknown property")]
    [InlineData("[]", "$: a seed file is an object")]
    [InlineData("{", "this is not valid JSON")]
    [InlineData("""{"Users": [], "Users": []}""", "this is not valid JSON")]
    public void A_file_that_cannot_be_read_names_the_place(string json, string problem) =>
        Assert.Contains(Problems(json), text => text.Contains(problem, StringComparison.Ordinal));

    [Theory]
    [InlineData("\"RedirectUris\": [\"https://a.example/x\", \"/callback\"]", "$.Clients[0].RedirectUris[1]: this must be an absolute URI")]
    [InlineData("\"RedirectUris\": [\"https://a.example/#x\"]", "RedirectUris[0]: a fragment is not allowed")]
    [InlineData("\"RedirectUris\": [\"http://a.example/\"]", "RedirectUris[0]: http is allowed on loopback only")]
    [InlineData("\"RedirectUris\": [\"https://somebody@a.example/\"]", "RedirectUris[0]: user information")]
    [InlineData("\"RedirectUris\": [\"https://*.example/\"]", "RedirectUris[0]: this must be an absolute URI")]
    [InlineData("\"RedirectUris\": [\"javascript:alert(1)\"]", "RedirectUris[0]: a scheme of an app needs ApplicationType native")]
    [InlineData("\"RedirectUris\": [\"app:/x\"], \"ApplicationType\": \"native\"", "RedirectUris[0]: the scheme of an app must be a domain name in reverse")]
    [InlineData("\"RedirectUris\": []", "RedirectUris: authorization_code needs at least one")]
    [InlineData("\"AllowedScopes\": [\"nope\"]", "AllowedScopes[0]: the scope 'nope'")]
    [InlineData("\"AllowedScopes\": [\"offline_access\"]", "AllowedScopes[0]: set AllowOfflineAccess")]
    [InlineData("\"AllowedCorsOrigins\": [\"https://a.example/\"]", "AllowedCorsOrigins[0]: an origin is")]
    [InlineData("\"AccessTokenLifetime\": 0", "AccessTokenLifetime: this must be 1 to")]
    [InlineData("\"RefreshTokenRetryWindow\": 61", "RefreshTokenRetryWindow: this must be 0 to 60 seconds")]
    [InlineData("\"RefreshTokenRetryWindow\": -1", "RefreshTokenRetryWindow: this must be 0 to 60 seconds")]
    [InlineData("\"RefreshTokenLostResponseWindow\": 86401", "RefreshTokenLostResponseWindow: this must be 0 to 86400 seconds")]
    [InlineData("\"BackChannelLogoutUri\": \"http://a.example/\"", "BackChannelLogoutUri: this must be an absolute https URI")]
    [InlineData("\"BackChannelLogoutUri\": \"https://a.example/#x\"", "BackChannelLogoutUri: this must be an absolute https URI without a fragment")]
    [InlineData("\"BackChannelLogoutUri\": \"https://user@a.example/\"", "BackChannelLogoutUri: this must be an absolute https URI")]
    [InlineData("\"FrontChannelLogoutUri\": \"javascript:alert(1)\"", "FrontChannelLogoutUri: this must be an absolute https URI")]
    [InlineData("\"FrontChannelLogoutUri\": \"https://elsewhere.example/\"", "FrontChannelLogoutUri: scheme, host and port must be those")]
    [InlineData("\"Profile\": \"fapi2\"", "Profile: fapi2 is not built yet")]
    [InlineData("\"TokenEndpointAuthMethod\": \"private_key_jwt\"", "TokenEndpointAuthMethod: 'private_key_jwt' is not supported")]
    [InlineData("\"AllowedIdentityTokenSigningAlgorithms\": [\"HS256\"]", "AllowedIdentityTokenSigningAlgorithms: 'HS256' is not supported")]
    [InlineData("\"LogoUri\": \"logo.png\"", "LogoUri: this must be an absolute https URI")]
    [InlineData("\"RequireClientSecret\": false", "ClientSecrets: a public client has no secret")]
    public void A_client_that_breaks_a_rule_names_the_property(string member, string problem)
    {
        var json = $$"""{"Clients": [{{{Web}}{{(member.Contains("RedirectUris", StringComparison.Ordinal) ? "" : ", \"RedirectUris\": [\"https://a.example/\"]")}}, {{member}}}]}""";
        Assert.Contains(Problems(json), text => text.Contains(problem, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("AccessTokenLifetime", "Jwt", "Set at most 1209600 seconds, or a longer KeyManagement:RetentionDuration, or AccessTokenType to Reference.")]
    [InlineData("IdentityTokenLifetime", "Jwt", "Set at most 1209600 seconds, or a longer KeyManagement:RetentionDuration.")]
    [InlineData("IdentityTokenLifetime", "Reference", "Set at most 1209600 seconds, or a longer KeyManagement:RetentionDuration.")]
    [InlineData("AccessTokenLifetime", "Reference", null)]
    public void No_token_outlives_its_key(string property, string type, string? problem)
    {
        var found = Problems($$"""{"Clients": [{{{Web}}, "RedirectUris": ["https://a.example/"], "AccessTokenType": "{{type}}", "{{property}}": 1209601}]}""");

        Assert.Equal(problem is null ? [] : [$"seed.json: $.Clients[0].{property}: a token of client 'c' would outlive the key that verifies it. {problem}"], found);
        Assert.Empty(Problems($$"""{"Clients": [{{{Web}}, "RedirectUris": ["https://a.example/"], "AccessTokenType": "{{type}}", "{{property}}": 1209600}]}"""));
    }

    [Theory]
    [InlineData("[\"implicit\"]", "AllowedGrantTypes[0]: the grant 'implicit' is not supported")]
    [InlineData("[\"client_credentials\", \"refresh_token\"]", "AllowedGrantTypes[1]: AllowOfflineAccess implies it")]
    [InlineData("[]", "AllowedGrantTypes: name at least one")]
    public void An_unsupported_grant_is_refused(string grants, string problem) => Assert.Contains(
        Problems($$"""{"Clients": [{"ClientId": "c", "ClientSecrets": [{"Plaintext": "s"}], "AllowedGrantTypes": {{grants}}}]}"""),
        text => text.Contains(problem, StringComparison.Ordinal));

    [Fact]
    public void A_public_client_has_no_client_credentials() => Assert.Contains(
        Problems("""{"Clients": [{"ClientId": "c", "RequireClientSecret": false, "AllowedGrantTypes": ["client_credentials"]}]}"""),
        text => text.Contains("a public client cannot use client_credentials", StringComparison.Ordinal));

    [Fact]
    public void A_client_as_Duende_writes_it_is_read_with_what_asks_for_nothing()
    {
        var seed = SeedReader.Read(Write("""
            {
              "ApiScopes": [{ "Name": "read", "Properties": {} }],
              "ApiResources": [{ "Name": "api", "Scopes": ["read"], "ShowInDiscoveryDocument": true, "Properties": {} }],
              "Clients": [{
                "ClientId": "c", "AllowedGrantTypes": ["client_credentials"], "AllowedScopes": ["read"],
                "ClientSecrets": [{ "Type": "SharedSecret", "Value": "jEAkTxM0Y0cKq5Y2wKj3n9E3eK2f7bHnqk0tY1w7m9w=", "Description": null, "Expiration": null }],
                "RequireDPoP": false, "DPoPValidationMode": "Iat", "DPoPClockSkew": "00:05:00", "EnableLocalLogin": true, "Claims": [], "Properties": {},
                "IdentityProviderRestrictions": [], "ClientClaimsPrefix": "client_", "AlwaysSendClientClaims": false, "PairWiseSubjectSalt": null,
                "DeviceCodeLifetime": 300, "RequireRequestObject": false, "PollingInterval": null,
                "ProtocolType": "oidc", "AllowPlainTextPkce": false, "IncludeJwtId": true
              }],
              "Users": [{ "Username": "u", "Claims": { "name": "U" } }]
            }
            """));

        Assert.Empty(SeedRules.Problems(seed, new CatalogContents(), s_retention, demo: true));
        Assert.Equal("c", Assert.Single(seed.Clients).Value.ClientId);
        Assert.Equal("name", Assert.Single(Assert.Single(seed.Users).Value.Claims).Key);
    }

    [Theory]
    [InlineData("\"ProtocolType\": \"wsfed\"", "ProtocolType: this feature is not built yet")]
    [InlineData("\"EnableLocalLogin\": false", "EnableLocalLogin: this feature is not built yet")]
    [InlineData("\"Claims\": [{ \"Type\": \"x\", \"Value\": \"y\" }]", "Claims: this feature is not built yet")]
    [InlineData("\"Properties\": { \"x\": \"y\" }", "Properties: this feature is not built yet")]
    [InlineData("\"ClientSecrets\": [{ \"Type\": \"X509Thumbprint\", \"Value\": \"x\" }]", "A secret of the type 'X509Thumbprint' is not built yet")]
    public void What_would_change_a_client_and_is_not_built_is_refused(string member, string problem) =>
        Assert.Contains(Problems($$"""{"Clients": [{"ClientId": "c", {{member}}}]}"""), text => text.Contains(problem, StringComparison.Ordinal));

    [Fact]
    public void All_problems_are_reported_at_once()
    {
        var problems = Problems("""{"Clients": [{"ClientId": "c", "AllowedGrantTypes": ["password"]}], "Users": [{"Username": "u", "Claims": {"sub": "x"}}]}""");

        Assert.Contains(problems, text => text.Contains("the grant 'password'", StringComparison.Ordinal));
        Assert.Contains(problems, text => text.Contains("needs a secret", StringComparison.Ordinal));
        Assert.Contains(problems, text => text.Contains("$.Users[0].Claims.sub", StringComparison.Ordinal));
    }

    [Fact]
    public void A_name_that_stands_twice_names_both_places() => Assert.Contains(
        Problems("""{"ApiScopes": [{"Name": "x"}], "IdentityResources": [{"Name": "x"}]}"""),
        text => text.Contains("$.IdentityResources[0]: 'x' stands at seed.json: $.ApiScopes[0] already", StringComparison.Ordinal));

    [Theory]
    [InlineData("""{"Clients": [{"ClientId": "c", "ClientSecrets": [{"Plaintext": "s"}], "AllowedGrantTypes": ["client_credentials"]}]}""", "$.Clients[0].ClientSecrets[0]: a secret in plain text")]
    [InlineData("""{"Users": [{"Username": "u", "Password": "short"}]}""", "$.Users[0].Password: a password of less than 15 characters")]
    [InlineData("""{"Users": [{"Username": "somebody", "Password": "somebody-somebody"}]}""", "$.Users[0].Password")]
    [InlineData("""{"Clients": [{"ClientId": "c", "ClientSecrets": [{"Value": "K7gNU3sdo+OL0wNhqoVWhr3g6s1xYv72ol/pe/Unols="}], "AllowedGrantTypes": ["client_credentials"]}]}""", "this secret can be guessed")]
    [Trait("row", "P15")]
    public void Demo_data_is_refused_outside_development_unless_allowed(string json, string problem)
    {
        var seed = SeedReader.Read(Write(json));

        Assert.Contains(SeedRules.Problems(seed, new CatalogContents(), s_retention, demo: false), text => text.Contains(problem, StringComparison.Ordinal));
        Assert.Empty(SeedRules.Problems(seed, new CatalogContents(), s_retention, demo: true));
    }

    [Fact]
    public void A_web_client_goes_back_to_loopback_in_demo_data_only()
    {
        var seed = SeedReader.Read(Write($$"""{"Clients": [{{{Web}}, "RedirectUris": ["http://localhost:5010/x"]}]}"""));

        Assert.Empty(SeedRules.Problems(seed, new CatalogContents(), s_retention, demo: true));
        Assert.Contains(SeedRules.Problems(seed, new CatalogContents(), s_retention, demo: false), text => text.Contains("http on loopback", StringComparison.Ordinal));
    }

    [Fact]
    public void Comments_trailing_commas_any_case_and_a_schema_are_fine()
    {
        var seed = SeedReader.Read(Write("""{"$schema": "x", /* who */ "apiscopes": [{"name": "x", }], }"""));
        Assert.Equal("x", Assert.Single(seed.ApiScopes).Value.Name);
    }

    [Theory]
    [InlineData("client_secret_basic")]
    [InlineData("client_secret_post")]
    public void A_client_without_a_secret_cannot_prove_itself_by_one(string method) => Assert.Contains(
        Problems($$"""{"Clients": [{"ClientId": "c", "RequireClientSecret": false, "TokenEndpointAuthMethod": "{{method}}", "AllowedGrantTypes": ["authorization_code"], "RedirectUris": ["https://a.example/"]}]}"""),
        text => text.Contains("$.Clients[0].TokenEndpointAuthMethod", StringComparison.Ordinal));

    [Fact]
    public void The_demo_seed_is_in_order()
    {
        var seed = SeedReader.Read(Path.Combine(Repository.Root, "seed"));

        Assert.Empty(SeedRules.Problems(seed, new CatalogContents(), s_retention, demo: true));
        Assert.Equal(["machine", "native", "partner", "spa", "web"], seed.Clients.Select(client => client.Value.ClientId).Order());
    }

    [Theory]
    [InlineData("Client", typeof(Client))]
    [InlineData("ApiScope", typeof(ApiScope))]
    [InlineData("ApiResource", typeof(ApiResource))]
    [InlineData("IdentityResource", typeof(IdentityResource))]
    [InlineData("User", typeof(SeedUser))]
    public void The_schema_knows_exactly_what_the_reader_knows(string name, Type type)
    {
        using var schema = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Root, "seed", "seed.schema.json")));
        var described = schema.RootElement.GetProperty("$defs").GetProperty(name).GetProperty("properties").EnumerateObject().Select(property => property.Name);

        Assert.Equal(SeedJson.MembersOf(type).Select(property => property.Name).Order(), described.Order());
    }

    private List<string> Problems(string json)
    {
        try
        {
            return SeedRules.Problems(SeedReader.Read(Write(json)), new CatalogContents(), s_retention, demo: true);
        }
        catch (ConfigurationException error)
        {
            return [.. error.Problems];
        }
    }

    private string Write(string json)
    {
        var path = Path.Combine(_directory.FullName, "seed.json");
        File.WriteAllText(path, json);
        return path;
    }
}

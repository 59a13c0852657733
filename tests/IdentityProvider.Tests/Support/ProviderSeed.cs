namespace IdentityProvider.Tests.Support;

/// <summary>
/// The clients and people of the protocol tests: one client for each combination of rules. Secrets are <c>ID-key-of-the-tests</c>,
/// passwords equal the names.
/// </summary>
internal static class ProviderSeed
{
    public const string Json = """
        {
          "IdentityResources": [
            { "Name": "openid", "DisplayName": "Your identity", "Required": true, "UserClaims": ["sub"] },
            {
              "Name": "profile",
              "UserClaims": [
                "name", "family_name", "given_name", "middle_name", "nickname", "preferred_username", "profile", "picture", "website", "gender",
                "birthdate", "zoneinfo", "locale", "updated_at"
              ]
            },
            { "Name": "email", "UserClaims": ["email", "email_verified"] },
            { "Name": "address", "UserClaims": ["address"] },
            { "Name": "phone", "UserClaims": ["phone_number", "phone_number_verified"] },
            { "Name": "hidden", "ShowInDiscoveryDocument": false, "UserClaims": ["nickname"] },
            { "Name": "off", "Enabled": false, "UserClaims": ["nickname"] }
          ],
          "ApiScopes": [
            { "Name": "api.read", "UserClaims": ["role"] },
            { "Name": "api.write" },
            { "Name": "reports.read" },
            { "Name": "ledger.read" },
            { "Name": "legacy.read" },
            { "Name": "modern.read" },
            { "Name": "api.off", "Enabled": false }
          ],
          "ApiResources": [
            { "Name": "api", "Scopes": ["api.read", "api.write"], "ApiSecrets": [{ "Plaintext": "api-key-of-the-tests" }] },
            { "Name": "https://reports.example", "Scopes": ["reports.read"], "ApiSecrets": [{ "Plaintext": "reports-key-of-the-tests" }] },
            { "Name": "ledger", "Scopes": ["ledger.read"], "RequireResourceIndicator": true },
            { "Name": "legacy", "Scopes": ["legacy.read"], "AllowedAccessTokenSigningAlgorithms": ["RS256"] },
            { "Name": "modern", "Scopes": ["modern.read"], "AllowedAccessTokenSigningAlgorithms": ["ES256"] },
            { "Name": "closed", "Enabled": false, "Scopes": ["api.read"], "ApiSecrets": [{ "Plaintext": "closed-key-of-the-tests" }] }
          ],
          "Clients": [
            {
              "ClientId": "web",
              "ClientName": "Web",
              "ClientSecrets": [{ "Plaintext": "web-key-of-the-tests" }],
              "AllowedGrantTypes": ["authorization_code"],
              "RequirePkce": false,
              "RedirectUris": ["https://web.example/callback", "https://web.example/other?tenant=a"],
              "PostLogoutRedirectUris": ["https://web.example/signed-out", "https://web.example/bye?tenant=a"],
              "AllowedScopes": ["openid", "profile", "email", "address", "phone", "off", "api.read", "api.write", "reports.read", "ledger.read", "legacy.read"],
              "AllowOfflineAccess": true
            },
            {
              "ClientId": "web2",
              "ClientSecrets": [{ "Plaintext": "web2-key-of-the-tests" }],
              "AllowedGrantTypes": ["authorization_code"],
              "RequirePkce": false,
              "RedirectUris": ["https://web2.example/callback"],
              "PostLogoutRedirectUris": ["https://web2.example/signed-out"],
              "AllowedScopes": ["openid", "profile", "email"],
              "AllowOfflineAccess": true
            },
            {
              "ClientId": "web-post",
              "ClientSecrets": [{ "Plaintext": "web-post-key-of-the-tests" }],
              "TokenEndpointAuthMethod": "client_secret_post",
              "AllowedGrantTypes": ["authorization_code"],
              "RequirePkce": false,
              "RedirectUris": ["https://web-post.example/callback"],
              "AllowedScopes": ["openid", "email"]
            },
            {
              "ClientId": "web-basic",
              "ClientSecrets": [{ "Plaintext": "web-basic-key-of-the-tests" }],
              "TokenEndpointAuthMethod": "client_secret_basic",
              "AllowedGrantTypes": ["client_credentials"],
              "AllowedScopes": ["api.read"]
            },
            {
              "ClientId": "strict",
              "ClientSecrets": [{ "Plaintext": "strict-key-of-the-tests" }],
              "AllowedGrantTypes": ["authorization_code"],
              "RedirectUris": ["https://strict.example/callback"],
              "AllowedScopes": ["openid"]
            },
            {
              "ClientId": "modern",
              "Profile": "OAuth21",
              "ClientSecrets": [{ "Plaintext": "modern-key-of-the-tests" }],
              "AllowedGrantTypes": ["authorization_code"],
              "RequirePkce": false,
              "RedirectUris": ["https://modern.example/callback"],
              "AllowedScopes": ["openid"]
            },
            {
              "ClientId": "spa",
              "RequireClientSecret": false,
              "AllowedGrantTypes": ["authorization_code"],
              "RedirectUris": ["https://spa.example/callback"],
              "PostLogoutRedirectUris": ["https://spa.example/signed-out"],
              "AllowedCorsOrigins": ["https://spa.example"],
              "AllowedScopes": ["openid", "profile", "api.read", "api.write", "reports.read"],
              "AllowOfflineAccess": true
            },
            {
              "ClientId": "native",
              "ClientName": "Native",
              "ApplicationType": "Native",
              "RequireClientSecret": false,
              "AllowedGrantTypes": ["authorization_code"],
              "RedirectUris": ["http://127.0.0.1/callback", "com.example.app:/callback"],
              "AllowedScopes": ["openid", "profile"],
              "AllowOfflineAccess": true
            },
            {
              "ClientId": "partner",
              "ClientName": "Partner",
              "ClientUri": "https://partner.example",
              "RequireConsent": true,
              "ClientSecrets": [{ "Plaintext": "partner-key-of-the-tests" }],
              "AllowedGrantTypes": ["authorization_code"],
              "RequirePkce": false,
              "RedirectUris": ["https://partner.example/callback"],
              "AllowedScopes": ["openid", "profile", "email", "api.read"],
              "AllowOfflineAccess": true
            },
            {
              "ClientId": "machine",
              "ClientSecrets": [{ "Plaintext": "machine-key-of-the-tests" }],
              "AllowedGrantTypes": ["client_credentials"],
              "AllowedScopes": ["openid", "api.read", "api.write", "reports.read", "ledger.read", "legacy.read", "modern.read"]
            },
            {
              "ClientId": "machine-off",
              "ClientSecrets": [{ "Plaintext": "machine-off-key-of-the-tests" }],
              "AllowedGrantTypes": ["client_credentials"],
              "AllowedScopes": ["api.read", "api.off"]
            },
            {
              "ClientId": "machine2",
              "ClientSecrets": [{ "Plaintext": "machine2-key-of-the-tests" }],
              "AllowedGrantTypes": ["client_credentials"],
              "AllowedScopes": ["reports.read"]
            },
            {
              "ClientId": "reference",
              "AccessTokenType": "Reference",
              "ClientSecrets": [{ "Plaintext": "reference-key-of-the-tests" }],
              "AllowedGrantTypes": ["authorization_code", "client_credentials"],
              "RequirePkce": false,
              "RedirectUris": ["https://reference.example/callback"],
              "AllowedScopes": ["openid", "profile", "api.read"],
              "AllowOfflineAccess": true
            },
            {
              "ClientId": "eager",
              "AlwaysIncludeUserClaimsInIdToken": true,
              "AllowedIdentityTokenSigningAlgorithms": ["ES256"],
              "AccessTokenSigningAlgorithm": "RS256",
              "UserSsoLifetime": 60,
              "ClientSecrets": [{ "Plaintext": "eager-key-of-the-tests" }],
              "AllowedGrantTypes": ["authorization_code"],
              "RequirePkce": false,
              "RedirectUris": ["https://eager.example/callback"],
              "AllowedScopes": ["openid", "email"]
            },
            {
              "ClientId": "disabled",
              "Enabled": false,
              "ClientSecrets": [{ "Plaintext": "disabled-key-of-the-tests" }],
              "AllowedGrantTypes": ["authorization_code", "client_credentials"],
              "RequirePkce": false,
              "RedirectUris": ["https://disabled.example/callback"],
              "AllowedScopes": ["openid", "api.read"]
            },
            {
              "ClientId": "rollover",
              "ClientSecrets": [
                { "Plaintext": "rollover-old-key", "Expiration": "2020-01-01T00:00:00Z" },
                { "Plaintext": "rollover-new-key" }
              ],
              "AllowedGrantTypes": ["client_credentials"],
              "AllowedScopes": ["api.read"]
            },
            {
              "ClientId": "odd:client +1%",
              "ClientSecrets": [{ "Plaintext": "p:a+s%s &= ü€" }],
              "AllowedGrantTypes": ["client_credentials"],
              "AllowedScopes": ["api.read"]
            }
          ],
          "Users": [
            {
              "Username": "alice",
              "Password": "alice",
              "Subject": "018f3c1e-7a10-7000-8000-00000000a11c",
              "Email": "alice@people.example",
              "EmailVerified": true,
              "Roles": ["admin"],
              "Claims": {
                "name": "Alice Q. Example",
                "given_name": "Alice",
                "family_name": "Example",
                "middle_name": "Quinn",
                "nickname": "Ali",
                "profile": "https://people.example/alice",
                "picture": "https://people.example/alice.png",
                "website": "https://alice.example",
                "gender": "female",
                "birthdate": "1990-05-17",
                "zoneinfo": "Europe/Berlin",
                "locale": "en-GB",
                "updated_at": 1750000000,
                "phone_number": "+49 30 1234567",
                "phone_number_verified": true,
                "address": { "formatted": "1 Main Street\nSpringfield", "street_address": "1 Main Street", "locality": "Springfield", "postal_code": "12345", "country": "DE" }
              }
            },
            { "Username": "bob", "Password": "bob", "Subject": "018f3c1e-7a10-7000-8000-000000000b0b", "Email": "bob@people.example" },
            { "Username": "carol", "Password": "carol", "Subject": "018f3c1e-7a10-7000-8000-0000000ca401" },
            { "Username": "dave", "Password": "dave", "Subject": "018f3c1e-7a10-7000-8000-00000000dafe" },
            { "Username": "zelda", "Password": "zelda", "Subject": "018f3c1e-7a10-7000-8000-0000000007a0", "Email": "zelda@people.example" }
          ]
        }
        """;
}

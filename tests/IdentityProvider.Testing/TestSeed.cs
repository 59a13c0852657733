namespace IdentityProvider.Testing;

/// <summary>The clients, resources and people that most tests need. Passwords equal names; the secret of X is <c>X-secret</c>.</summary>
public static class TestSeed
{
    public const string Default = """
        {
          "IdentityResources": [
            { "Name": "openid", "UserClaims": ["sub"], "Required": true },
            { "Name": "profile", "UserClaims": ["name", "family_name", "given_name", "middle_name", "nickname", "preferred_username", "profile",
              "picture", "website", "gender", "birthdate", "zoneinfo", "locale", "updated_at"] },
            { "Name": "email", "UserClaims": ["email", "email_verified"] },
            { "Name": "address", "UserClaims": ["address"] },
            { "Name": "phone", "UserClaims": ["phone_number", "phone_number_verified"] }
          ],
          "ApiScopes": [{ "Name": "api.read", "DisplayName": "Read" }, { "Name": "api.write", "DisplayName": "Write" }],
          "ApiResources": [{ "Name": "api", "Scopes": ["api.read", "api.write"], "ApiSecrets": [{ "Plaintext": "api-secret" }], "UserClaims": ["role"] }],
          "Users": [
            {
              "Subject": "5d2f0c8e-7a54-4c1d-9b3e-1f6a2b9c0a11",
              "Username": "alice", "Password": "alice", "Email": "alice@example.com", "EmailVerified": true, "Roles": ["admin"],
              "Claims": {
                "name": "Alice Marie Example", "family_name": "Example", "given_name": "Alice", "middle_name": "Marie", "nickname": "Al",
                "preferred_username": "alice", "profile": "https://example.com/alice", "picture": "https://example.com/alice.png",
                "website": "https://alice.example.com", "gender": "female", "birthdate": "1990-04-23", "zoneinfo": "Europe/Berlin",
                "locale": "en-GB", "updated_at": 1735689600, "phone_number": "+49 30 901820", "phone_number_verified": true,
                "address": { "formatted": "Example Street 1\n10115 Berlin", "locality": "Berlin", "country": "Germany" }
              }
            },
            { "Subject": "8c4b1a37-0e62-4f0a-8d5e-6b7c8d9e0f22", "Username": "bob", "Password": "bob", "Email": "bob@example.com" }
          ],
          "Clients": [
            {
              "ClientId": "web", "ClientName": "Web", "ClientSecrets": [{ "Plaintext": "web-secret" }], "AllowedGrantTypes": ["authorization_code"],
              "RedirectUris": ["https://web.example/callback"], "PostLogoutRedirectUris": ["https://web.example/bye"],
              "AllowedScopes": ["openid", "profile", "email", "address", "phone", "api.read", "api.write"], "AllowOfflineAccess": true
            },
            {
              "ClientId": "spa", "ClientName": "Spa", "RequireClientSecret": false, "AllowedGrantTypes": ["authorization_code"],
              "RedirectUris": ["https://spa.example/callback"], "AllowedCorsOrigins": ["https://spa.example"],
              "AllowedScopes": ["openid", "profile", "api.read"], "AllowOfflineAccess": true
            },
            {
              "ClientId": "native", "ClientName": "Native", "ApplicationType": "native", "RequireClientSecret": false,
              "AllowedGrantTypes": ["authorization_code"], "RedirectUris": ["http://127.0.0.1/callback", "com.example.native:/callback"],
              "AllowedScopes": ["openid", "profile"], "AllowOfflineAccess": true
            },
            {
              "ClientId": "machine", "ClientName": "Machine", "ClientSecrets": [{ "Plaintext": "machine-secret" }],
              "AllowedGrantTypes": ["client_credentials"], "AllowedScopes": ["api.read", "api.write"]
            },
            {
              "ClientId": "partner", "ClientName": "Partner", "ClientSecrets": [{ "Plaintext": "partner-secret" }], "RequireConsent": true,
              "AllowedGrantTypes": ["authorization_code"], "RedirectUris": ["https://partner.example/callback"],
              "AllowedScopes": ["openid", "profile", "email", "api.read", "api.write"], "AllowOfflineAccess": true
            }
          ]
        }
        """;
}

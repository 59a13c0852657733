// openid-client behind the few verbs that the suite uses.
import * as oidc from 'openid-client'

export const name = 'openid-client'

const methods = {
  client_secret_basic: oidc.ClientSecretBasic,
  client_secret_post: oidc.ClientSecretPost,
  none: oidc.None,
}

export async function connect(issuer, { id, secret, auth = secret ? 'client_secret_basic' : 'none', metadata = {}, algorithm = 'oidc' }) {
  const config = await oidc.discovery(new URL(issuer), id, metadata, methods[auth](secret), {
    algorithm,
    execute: [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks],
  })

  return {
    metadata: config.serverMetadata(),

    async authorization(redirectUri, scope, extra = {}) {
      const checks = { pkceCodeVerifier: oidc.randomPKCECodeVerifier(), expectedState: oidc.randomState(), expectedNonce: oidc.randomNonce() }
      const url = oidc.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope,
        state: checks.expectedState,
        nonce: checks.expectedNonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
        code_challenge_method: 'S256',
        ...extra,
      })
      return { url, checks }
    },

    /** @param {URL | Request} answer A redirect's address, or the request of form_post. */
    async redeem(answer, checks) {
      const tokens = await oidc.authorizationCodeGrant(config, answer, { ...checks, idTokenExpected: true })
      return { ...tokens, claims: tokens.claims() }
    },

    async refresh(token, parameters) {
      const tokens = await oidc.refreshTokenGrant(config, token, parameters)
      return { ...tokens, claims: tokens.claims() }
    },

    clientCredentials: (parameters) => oidc.clientCredentialsGrant(config, parameters),
    userInfo: (token, subject) => oidc.fetchUserInfo(config, token, subject),
    introspect: (token) => oidc.tokenIntrospection(config, token),
    revoke: (token) => oidc.tokenRevocation(config, token),
    endSessionUrl: (parameters) => oidc.buildEndSessionUrl(config, parameters),
  }
}

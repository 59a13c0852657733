// oauth4webapi behind the few verbs that the suite uses.
import * as oauth from 'oauth4webapi'

export const name = 'oauth4webapi'

const methods = {
  client_secret_basic: oauth.ClientSecretBasic,
  client_secret_post: oauth.ClientSecretPost,
  none: oauth.None,
}

const options = { [oauth.allowInsecureRequests]: true }

export async function connect(issuer, { id, secret, auth = secret ? 'client_secret_basic' : 'none', metadata = {}, algorithm = 'oidc' }) {
  const client = { client_id: id, ...metadata }
  const clientAuth = methods[auth](secret)
  const server = await oauth.processDiscoveryResponse(new URL(issuer), await oauth.discoveryRequest(new URL(issuer), { algorithm, ...options }))

  async function withVerifiedIdToken(tokens, response) {
    if (tokens.id_token) {
      await oauth.validateApplicationLevelSignature(server, response, options)
    }

    return { ...tokens, claims: oauth.getValidatedIdTokenClaims(tokens) }
  }

  return {
    metadata: server,

    async authorization(redirectUri, scope, extra = {}) {
      const checks = { verifier: oauth.generateRandomCodeVerifier(), state: oauth.generateRandomState(), nonce: oauth.generateRandomNonce() }
      const url = new URL(server.authorization_endpoint)
      url.search = new URLSearchParams({
        response_type: 'code',
        client_id: id,
        redirect_uri: redirectUri,
        scope,
        state: checks.state,
        nonce: checks.nonce,
        code_challenge: await oauth.calculatePKCECodeChallenge(checks.verifier),
        code_challenge_method: 'S256',
        ...extra,
      })
      return { url, checks }
    },

    /** @param {URL | Request} answer A redirect's address, or the request of form_post. */
    async redeem(answer, checks) {
      const sent = answer instanceof URL ? answer : new URLSearchParams(await answer.text())
      const parameters = oauth.validateAuthResponse(server, client, sent, checks.state)
      const { origin, pathname } = new URL(answer instanceof URL ? answer : answer.url)
      const response = await oauth.authorizationCodeGrantRequest(
        server, client, clientAuth, parameters, origin + pathname, checks.verifier, options)
      const tokens = await oauth.processAuthorizationCodeResponse(
        server, client, response, { expectedNonce: checks.nonce, requireIdToken: true })
      return withVerifiedIdToken(tokens, response)
    },

    async refresh(token, additionalParameters) {
      const response = await oauth.refreshTokenGrantRequest(server, client, clientAuth, token, { additionalParameters, ...options })
      return withVerifiedIdToken(await oauth.processRefreshTokenResponse(server, client, response), response)
    },

    clientCredentials: async (parameters) =>
      oauth.processClientCredentialsResponse(
        server, client, await oauth.clientCredentialsGrantRequest(server, client, clientAuth, parameters, options)),

    userInfo: async (token, subject) =>
      oauth.processUserInfoResponse(server, client, subject, await oauth.userInfoRequest(server, client, token, options)),

    introspect: async (token) =>
      oauth.processIntrospectionResponse(server, client, await oauth.introspectionRequest(server, client, clientAuth, token, options)),

    revoke: async (token) => oauth.processRevocationResponse(await oauth.revocationRequest(server, client, clientAuth, token, options)),

    endSessionUrl(parameters) {
      const url = new URL(server.end_session_endpoint)
      url.search = new URLSearchParams({ client_id: id, ...parameters })
      return url
    },
  }
}

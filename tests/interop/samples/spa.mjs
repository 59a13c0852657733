// Sign-in of an app that runs in the browser. Tokens stay in memory; only what a redirect must survive is stored.
import * as oauth from 'oauth4webapi'

/**
 * @param {object} options
 * @param {string} options.issuer `https://id.example.com`; http on localhost in Development.
 * @param {string} options.clientId A public client, which lists the app's origin in AllowedCorsOrigins.
 * @param {string} options.redirectUri
 * @param {string} options.scope
 * @param {Storage} options.storage `sessionStorage`
 */
export async function createSession({ issuer, clientId, redirectUri, scope, storage }) {
  const client = { client_id: clientId }
  const http = { [oauth.allowInsecureRequests]: issuer.startsWith('http://localhost:') }
  const server = await oauth.processDiscoveryResponse(new URL(issuer), await oauth.discoveryRequest(new URL(issuer), http))
  let tokens
  let expiresAt
  let refreshing

  function keep(fresh) {
    tokens = { ...tokens, ...fresh }
    expiresAt = Date.now() + fresh.expires_in * 1000
  }

  async function refresh() {
    const response = await oauth.refreshTokenGrantRequest(server, client, oauth.None(), tokens.refresh_token, http)
    keep(await oauth.processRefreshTokenResponse(server, client, response))
  }

  return {
    /** location.assign(await session.signInUrl()) */
    async signInUrl() {
      const [verifier, state, nonce] = [oauth.generateRandomCodeVerifier(), oauth.generateRandomState(), oauth.generateRandomNonce()]
      storage.setItem('sign-in', JSON.stringify({ verifier, state, nonce }))
      const url = new URL(server.authorization_endpoint)
      url.search = new URLSearchParams({
        response_type: 'code',
        client_id: clientId,
        redirect_uri: redirectUri,
        scope,
        state,
        nonce,
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      })
      return url
    },

    /** On the callback page: checks state, iss and nonce, redeems the code, and returns the claims of the ID token. */
    async completeSignIn(url = new URL(location.href)) {
      const { verifier, state, nonce } = JSON.parse(storage.getItem('sign-in') ?? '{}')
      storage.removeItem('sign-in')
      const parameters = oauth.validateAuthResponse(server, client, url, state)
      const response = await oauth.authorizationCodeGrantRequest(server, client, oauth.None(), parameters, redirectUri, verifier, http)
      const fresh = await oauth.processAuthorizationCodeResponse(server, client, response, { expectedNonce: nonce, requireIdToken: true })
      keep(fresh)
      return oauth.getValidatedIdTokenClaims(fresh)
    },

    /** For calls of an API: a token that lives for another half minute at least. Parallel calls share one refresh. */
    async accessToken() {
      if (expiresAt - Date.now() < 30_000) {
        await (refreshing ??= refresh().finally(() => (refreshing = undefined)))
      }

      return tokens.access_token
    },

    async userInfo(subject) {
      const response = await oauth.userInfoRequest(server, client, await this.accessToken(), http)
      return oauth.processUserInfoResponse(server, client, subject, response)
    },

    /** location.assign(session.signOutUrl(location.origin + '/')) */
    signOutUrl(postLogoutRedirectUri) {
      const url = new URL(server.end_session_endpoint)
      url.search = new URLSearchParams({ id_token_hint: tokens.id_token, post_logout_redirect_uri: postLogoutRedirectUri })
      return url
    },
  }
}

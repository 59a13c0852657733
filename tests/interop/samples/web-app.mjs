// A web app that signs people in. Run it beside the demo server: node web-app.mjs, then open http://localhost:5010/
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import * as oidc from 'openid-client'

const { ISSUER = 'http://localhost:5000', CLIENT_ID = 'web', CLIENT_SECRET = 'web-secret' } = process.env
const { PORT = '5010', PUBLIC_URL = 'http://localhost:5010' } = process.env

const config = await oidc.discovery(new URL(ISSUER), CLIENT_ID, {}, oidc.ClientSecretBasic(CLIENT_SECRET), {
  // Development only: everywhere else the issuer is https.
  execute: ISSUER.startsWith('http://localhost:') ? [oidc.allowInsecureRequests] : [],
})

// One process, in memory: put sessions into a store in production.
const sessions = new Map()

const pages = {
  async '/'({ session }) {
    return { text: session.user ? `Hello ${session.user.name}` : 'Nobody is signed in. Go to /login' }
  },

  async '/login'({ session }) {
    const pkceCodeVerifier = oidc.randomPKCECodeVerifier()
    session.checks = { pkceCodeVerifier, expectedState: oidc.randomState(), expectedNonce: oidc.randomNonce(), idTokenExpected: true }
    return {
      location: oidc.buildAuthorizationUrl(config, {
        redirect_uri: `${PUBLIC_URL}/callback`,
        scope: 'openid profile email api.read offline_access',
        state: session.checks.expectedState,
        nonce: session.checks.expectedNonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
        code_challenge_method: 'S256',
      }),
    }
  },

  // Checks state, iss, nonce and the ID token, and redeems the code.
  async '/callback'({ url, session }) {
    if (!session.checks) {
      return { location: `${PUBLIC_URL}/login` }
    }

    const tokens = await oidc.authorizationCodeGrant(config, url, session.checks)
    const user = await oidc.fetchUserInfo(config, tokens.access_token, tokens.claims().sub)
    // A new session: its id was never known before the sign-in.
    return { location: `${PUBLIC_URL}/`, newSession: { user, tokens, idToken: tokens.id_token } }
  },

  // What a call of an API does first.
  async '/token'({ session }) {
    const token = session.tokens && (await accessToken(session))
    return token ? { text: `I would call the API with a token that ends in ${token.slice(-8)}` } : { location: `${PUBLIC_URL}/login` }
  },

  async '/logout'({ session }) {
    const signedOut = `${PUBLIC_URL}/`
    const location = session.idToken
      ? oidc.buildEndSessionUrl(config, { id_token_hint: session.idToken, post_logout_redirect_uri: signedOut })
      : signedOut
    return { location, newSession: {} }
  },
}

/** A token that lives for another half minute at least; undefined: the person has to sign in again. */
async function accessToken(session) {
  if (session.tokens.expiresIn() < 30) {
    try {
      const fresh = await oidc.refreshTokenGrant(config, session.tokens.refresh_token)
      session.tokens = Object.assign(fresh, { refresh_token: fresh.refresh_token ?? session.tokens.refresh_token })
    } catch (error) {
      if (error.error !== 'invalid_grant') {
        throw error
      }

      session.tokens = undefined
    }
  }

  return session.tokens?.access_token
}

createServer(async (request, response) => {
  try {
    const url = new URL(request.url, PUBLIC_URL)
    let id = request.headers.cookie?.match(/(?:^|; )web\.session=([^;]+)/)?.[1]
    const session = sessions.get(id) ?? {}
    const page = request.method === 'GET' && pages[url.pathname]
    const { text, location, newSession } = page ? await page({ url, session }) : { text: 'Not found' }
    if (newSession || !sessions.has(id)) {
      sessions.delete(id)
      id = randomUUID()
      sessions.set(id, newSession ?? session)
      const secure = PUBLIC_URL.startsWith('https:') ? '; Secure' : ''
      response.setHeader('Set-Cookie', `web.session=${id}; HttpOnly; SameSite=Lax; Path=/${secure}`)
    }

    response.writeHead(location ? 303 : page ? 200 : 404, location ? { Location: String(location) } : { 'Content-Type': 'text/plain; charset=utf-8' })
    response.end(text)
  } catch (error) {
    console.error(error)
    response.writeHead(400, { 'Content-Type': 'text/plain; charset=utf-8' }).end('The sign-in did not work. Go to /login to try again.')
  }
}).listen(Number(PORT))

// Every flow, with each of the libraries, against the running server.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Browser, answer } from '../support/browser.mjs'
import * as oauth4webapi from '../support/oauth4webapi.mjs'
import * as openidClient from '../support/openid-client.mjs'
import { startServer } from '../support/server.mjs'

const WEB_CALLBACK = 'http://localhost:5010/callback'
const SPA_CALLBACK = 'http://localhost:5020/callback'
const ALICE = '2f1c7a90-6b1d-4c55-9d0e-7a3d5f0b8e01'

const web = { id: 'web', secret: 'web-secret' }
const webPost = { id: 'web-post', secret: 'a secret with +, % and ü', auth: 'client_secret_post' }
const partner = { id: 'partner', secret: 'partner-secret' }
const spa = { id: 'spa' }
const machine = { id: 'machine', secret: 'machine-secret' }
const api = { id: 'api', secret: 'api-secret' }
const reports = { id: 'reports', secret: 'reports-secret' }

let server
before(async () => (server = await startServer()))
after(() => server.stop())

for (const library of [openidClient, oauth4webapi]) {
  describe(library.name, () => {
    const connect = (client) => library.connect(server.issuer, client)

    /** The whole flow: request, sign-in where it is asked for, answer, tokens. */
    async function signIn(client, redirectUri, scope, { browser = new Browser(server.issuer), ...extra } = {}) {
      const { url, checks } = await client.authorization(redirectUri, scope, extra)
      const page = await answer(browser, await browser.open(url))
      assert.ok(page.left, `stopped at ${page.url} (${page.status}):\n${page.text}`)
      return client.redeem(page.url, checks)
    }

    describe('discovery', () => {
      it('finds the OpenID Connect metadata', async () => {
        const { metadata } = await connect(web)
        assert.equal(metadata.issuer, server.issuer)
        assert.equal(metadata.authorization_response_iss_parameter_supported, true)
        assert.deepEqual(metadata.code_challenge_methods_supported, ['S256'])
        for (const endpoint of ['authorization', 'token', 'userinfo', 'introspection', 'revocation', 'end_session']) {
          assert.ok(metadata[`${endpoint}_endpoint`].startsWith(`${server.issuer}/connect/`), endpoint)
        }
      })

      it('finds the same metadata by RFC 8414', async () => {
        const [byOidc, byOauth] = [await connect(web), await connect({ ...web, algorithm: 'oauth2' })]
        assert.deepEqual({ ...byOauth.metadata }, { ...byOidc.metadata })
      })
    })

    describe('the code flow', () => {
      it('signs a person in, with PKCE, iss, nonce and a signed ID token', async () => {
        const client = await connect(web)
        const tokens = await signIn(client, WEB_CALLBACK, 'openid profile email')
        assert.equal(tokens.claims.sub, ALICE)
        assert.equal(tokens.claims.aud, 'web')
        assert.equal(tokens.expires_in, 900)
        const user = await client.userInfo(tokens.access_token, ALICE)
        assert.equal(user.name, 'Alice Example')
        assert.equal(user.email, 'alice@example.com')
        assert.equal(user.email_verified, true)
      })

      it('asks nothing of a person who is signed in, not even for another client', async () => {
        const browser = new Browser(server.issuer)
        const first = await signIn(await connect(web), WEB_CALLBACK, 'openid', { browser })
        const second = await signIn(await connect(spa), SPA_CALLBACK, 'openid', { browser, prompt: 'none' })
        assert.equal(second.claims.auth_time, first.claims.auth_time)
        assert.notEqual(second.claims.sid, first.claims.sid, 'sid must not let clients compare notes')
      })

      it('answers prompt=none with login_required when nobody is signed in', async () => {
        const client = await connect(web)
        const { url, checks } = await client.authorization(WEB_CALLBACK, 'openid', { prompt: 'none' })
        const page = await new Browser(server.issuer).open(url)
        await assert.rejects(client.redeem(page.url, checks), { code: 'OAUTH_AUTHORIZATION_RESPONSE_ERROR', error: 'login_required' })
      })

      it('honours prompt=login with a fresh sign-in', async () => {
        const browser = new Browser(server.issuer)
        const client = await connect(web)
        await signIn(client, WEB_CALLBACK, 'openid', { browser })
        const { url } = await client.authorization(WEB_CALLBACK, 'openid', { prompt: 'login' })
        assert.ok((await browser.open(url)).has('login-submit'))
      })

      it('is refused by the library when iss is that of another server', async () => {
        const client = await connect(web)
        const browser = new Browser(server.issuer)
        const { url, checks } = await client.authorization(WEB_CALLBACK, 'openid')
        const page = await answer(browser, await browser.open(url))
        assert.equal(page.url.searchParams.get('iss'), server.issuer)
        page.url.searchParams.set('iss', 'https://attacker.example')
        await assert.rejects(client.redeem(page.url, checks), (error) => /"iss"/.test(`${error.message} ${error.cause?.message}`))
      })

      it('redeems a code once', async () => {
        const client = await connect(spa)
        const browser = new Browser(server.issuer)
        const { url, checks } = await client.authorization(SPA_CALLBACK, 'openid')
        const page = await answer(browser, await browser.open(url))
        await client.redeem(page.url, { ...checks })
        await assert.rejects(client.redeem(page.url, { ...checks }), { error: 'invalid_grant', status: 400 })
      })

      it('answers by form_post, and a client may authenticate in the body', async () => {
        const client = await connect(webPost)
        const browser = new Browser(server.issuer)
        const { url, checks } = await client.authorization(WEB_CALLBACK, 'openid profile', { response_mode: 'form_post' })
        const page = await answer(browser, await browser.open(url))
        assert.equal(page.left, false)
        const { action, method, fields } = page.form
        assert.equal(method, 'post')
        assert.equal(action.href, WEB_CALLBACK)
        const tokens = await client.redeem(new Request(action, { method: 'POST', body: fields }), checks)
        assert.equal(tokens.claims.sub, ALICE)
      })

      it('signs ID tokens with ES256 for a client that wants it', async () => {
        const client = await connect({ id: 'web-es256', secret: 'web-es256-secret', metadata: { id_token_signed_response_alg: 'ES256' } })
        const tokens = await signIn(client, WEB_CALLBACK, 'openid')
        assert.equal(tokens.claims.sub, ALICE)
      })

      it('asks for consent, and says access_denied when the person declines', async () => {
        const client = await connect(partner)
        const browser = new Browser(server.issuer)
        await signIn(await connect(web), WEB_CALLBACK, 'openid', { browser })
        const { url, checks } = await client.authorization(WEB_CALLBACK, 'openid email')
        const consent = await browser.open(url)
        const page = await browser.press(consent, 'consent-deny')
        await assert.rejects(client.redeem(page.url, checks), { error: 'access_denied' })
      })

      it('gives no more than the person allowed', async () => {
        const client = await connect(partner)
        const browser = new Browser(server.issuer)
        await signIn(await connect(web), WEB_CALLBACK, 'openid', { browser })
        const { url, checks } = await client.authorization(WEB_CALLBACK, 'openid email api.read')
        const consent = await browser.open(url)
        const page = await browser.press(consent, 'consent-allow', { scope: 'openid' })
        const tokens = await client.redeem(page.url, checks)
        assert.equal(tokens.scope, 'openid')
        assert.equal('email' in (await client.userInfo(tokens.access_token, ALICE)), false)
      })
    })

    describe('refresh', () => {
      it('rotates for a public client', async () => {
        const client = await connect(spa)
        const first = await signIn(client, SPA_CALLBACK, 'openid offline_access api.read')
        const second = await client.refresh(first.refresh_token)
        const third = await client.refresh(second.refresh_token)
        assert.equal(new Set([first, second, third].map((tokens) => tokens.refresh_token)).size, 3)
        assert.equal(new Set([first, second, third].map((tokens) => tokens.access_token)).size, 3)
        assert.equal(third.claims.sub, ALICE)
        assert.equal(third.claims.auth_time, first.claims.auth_time)
      })

      it('gives a retry the same successor again, as long as that is unused', async () => {
        const client = await connect(spa)
        const first = await signIn(client, SPA_CALLBACK, 'openid offline_access')
        const [one, other] = await Promise.all([client.refresh(first.refresh_token), client.refresh(first.refresh_token)])
        assert.equal(one.refresh_token, other.refresh_token)
        await client.refresh(one.refresh_token)
        await assert.rejects(client.refresh(first.refresh_token), { error: 'invalid_grant' })
      })

      it('keeps the token of a confidential client', async () => {
        const client = await connect(web)
        const first = await signIn(client, WEB_CALLBACK, 'openid offline_access api.read')
        const second = await client.refresh(first.refresh_token)
        assert.equal(second.refresh_token, first.refresh_token)
        assert.notEqual(second.access_token, first.access_token)
      })

      it('may narrow the scope and never widen it', async () => {
        const client = await connect(web)
        const tokens = await signIn(client, WEB_CALLBACK, 'openid profile offline_access')
        assert.equal((await client.refresh(tokens.refresh_token, { scope: 'openid' })).scope, 'openid')
        await assert.rejects(client.refresh(tokens.refresh_token, { scope: 'openid email' }), { error: 'invalid_scope' })
      })
    })

    describe('introspection and revocation', () => {
      it('tells an API about a token that is for it, and nobody else', async () => {
        const tokens = await signIn(await connect(web), WEB_CALLBACK, 'openid api.read')
        const known = await (await connect(api)).introspect(tokens.access_token)
        assert.equal(known.active, true)
        assert.equal(known.sub, ALICE)
        assert.equal(known.client_id, 'web')
        assert.equal(known.scope, 'openid api.read')
        assert.equal(known.iss, server.issuer)
        assert.deepEqual(await (await connect(reports)).introspect(tokens.access_token), { active: false })
      })

      it('resolves a reference token', async () => {
        const client = await connect({ id: 'web-reference', secret: 'web-reference-secret' })
        const tokens = await signIn(client, WEB_CALLBACK, 'openid profile api.read')
        assert.equal(tokens.access_token.includes('.'), false)
        const known = await (await connect(api)).introspect(tokens.access_token)
        assert.equal(known.active, true)
        assert.equal(known.sub, ALICE)
        assert.equal((await client.userInfo(tokens.access_token, ALICE)).name, 'Alice Example')
        await client.revoke(tokens.access_token)
        assert.deepEqual(await (await connect(api)).introspect(tokens.access_token), { active: false })
      })

      it('says inactive after the access token was revoked', async () => {
        const client = await connect(web)
        const resource = await connect(api)
        const tokens = await signIn(client, WEB_CALLBACK, 'openid api.read')
        assert.equal((await resource.introspect(tokens.access_token)).active, true)
        await client.revoke(tokens.access_token)
        assert.deepEqual(await resource.introspect(tokens.access_token), { active: false })
        await assert.rejects(client.userInfo(tokens.access_token, ALICE), { status: 401 })
      })

      it('ends the access tokens together with the refresh token', async () => {
        const client = await connect(spa)
        const tokens = await signIn(client, SPA_CALLBACK, 'openid offline_access api.read')
        await client.revoke(tokens.refresh_token)
        await assert.rejects(client.refresh(tokens.refresh_token), { error: 'invalid_grant' })
        assert.deepEqual(await (await connect(api)).introspect(tokens.access_token), { active: false })
      })
    })

    describe('client_credentials', () => {
      it('gives a service a token for the APIs of its scopes', async () => {
        const tokens = await (await connect(machine)).clientCredentials({ scope: 'api.read' })
        assert.equal(tokens.refresh_token, undefined)
        const known = await (await connect(api)).introspect(tokens.access_token)
        assert.equal(known.sub, 'machine')
        assert.equal(known.aud, 'api')
      })

      it('takes a resource indicator', async () => {
        const client = await connect(machine)
        const tokens = await client.clientCredentials({ scope: 'api.read reports.read', resource: 'reports' })
        assert.equal(tokens.scope, 'reports.read')
        await assert.rejects(client.clientCredentials({ scope: 'api.read', resource: 'elsewhere' }), { error: 'invalid_target' })
      })

      it('authenticates in the body too', async () => {
        const tokens = await (await connect(webPost)).clientCredentials({ scope: 'api.read' })
        assert.equal((await (await connect(api)).introspect(tokens.access_token)).sub, 'web-post')
      })

      it('is refused to a wrong secret', async () => {
        await assert.rejects((await connect({ ...machine, secret: 'wrong' })).clientCredentials({ scope: 'api.read' }), { status: 401 })
      })
    })

    describe('logout', () => {
      it('ends the session and comes back with state', async () => {
        const client = await connect(spa)
        const browser = new Browser(server.issuer)
        const tokens = await signIn(client, SPA_CALLBACK, 'openid offline_access', { browser })
        const url = client.endSessionUrl({ id_token_hint: tokens.id_token, post_logout_redirect_uri: 'http://localhost:5020/', state: 'a b&c' })
        const page = await browser.open(url)
        assert.equal(page.left, true)
        assert.equal(page.url.origin + page.url.pathname, 'http://localhost:5020/')
        assert.equal(page.url.searchParams.get('state'), 'a b&c')

        const { url: again, checks } = await client.authorization(SPA_CALLBACK, 'openid', { prompt: 'none' })
        await assert.rejects(client.redeem((await browser.open(again)).url, checks), { error: 'login_required' })
        await assert.rejects(client.refresh(tokens.refresh_token), { error: 'invalid_grant' })
      })

      it('asks the person first when no ID token proves who asks', async () => {
        const client = await connect(web)
        const browser = new Browser(server.issuer)
        await signIn(client, WEB_CALLBACK, 'openid', { browser })
        const question = await browser.open(client.endSessionUrl({ post_logout_redirect_uri: 'http://localhost:5010/' }))
        assert.ok(question.has('logout-confirm'))
        const page = await browser.press(question, 'logout-confirm')
        assert.equal(page.left, true)
        assert.equal(page.url.href, 'http://localhost:5010/')
      })
    })
  })
}

// The samples that docs/clients.md quotes, run as they are.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createSession } from '../samples/spa.mjs'
import { Browser, answer } from '../support/browser.mjs'
import { onPageOf } from '../support/cors.mjs'
import { freePort, startServer, stopProcess, untilReady } from '../support/server.mjs'

const ALICE = '2f1c7a90-6b1d-4c55-9d0e-7a3d5f0b8e01'

let server
before(async () => (server = await startServer()))
after(() => server.stop())

describe('the web app', () => {
  const publicUrl = 'http://localhost:5010'
  let app
  let address

  before(async () => {
    const port = await freePort()
    address = `http://localhost:${port}`
    app = spawn(process.execPath, [fileURLToPath(new URL('../samples/web-app.mjs', import.meta.url))], {
      env: { ...process.env, ISSUER: server.issuer, CLIENT_ID: 'web-short', CLIENT_SECRET: 'web-short-secret', PORT: port, PUBLIC_URL: publicUrl },
      stdio: ['ignore', 'inherit', 'pipe'],
    })
    app.stderr.resume()
    process.once('exit', () => app.kill('SIGKILL'))
    await untilReady(address, app, '/')
  })
  after(() => stopProcess(app))

  const newBrowser = () => new Browser(server.issuer, [publicUrl, address])

  it('signs a person in and greets her', async () => {
    const browser = newBrowser()
    assert.match((await browser.open(`${publicUrl}/`)).text, /Nobody is signed in/)
    const page = await answer(browser, await browser.open(`${publicUrl}/login`))
    assert.equal(page.url.href, `${publicUrl}/`)
    assert.equal(page.text, 'Hello Alice Example')
  })

  it('refreshes an access token that is about to expire', async () => {
    const browser = newBrowser()
    await answer(browser, await browser.open(`${publicUrl}/login`))
    const [first, second] = [await browser.open(`${publicUrl}/token`), await browser.open(`${publicUrl}/token`)]
    assert.match(first.text, /I would call the API/)
    assert.match(second.text, /I would call the API/)
    assert.notEqual(first.text, second.text)
  })

  it('signs her out here and at the provider', async () => {
    const browser = newBrowser()
    await answer(browser, await browser.open(`${publicUrl}/login`))
    const page = await browser.open(`${publicUrl}/logout`)
    assert.equal(page.url.href, `${publicUrl}/`)
    assert.match(page.text, /Nobody is signed in/)
    assert.ok((await browser.open(`${publicUrl}/login`)).has('login-submit'))
  })

  it('refuses an answer that it did not ask for', async () => {
    const browser = newBrowser()
    await browser.open(`${publicUrl}/login`)
    assert.equal((await browser.open(`${publicUrl}/callback?code=x&state=y&iss=${server.issuer}`)).status, 400)
  })
})

describe('the single-page app', () => {
  const origin = 'http://localhost:5020'
  const onPage = (action) => onPageOf(origin, action)

  /** A tab of the app, whose storage is its own. */
  function openTab(clientId) {
    const entries = new Map()
    const storage = {
      getItem: (key) => entries.get(key) ?? null,
      setItem: (key, value) => entries.set(key, value),
      removeItem: (key) => entries.delete(key),
    }
    const options = { issuer: server.issuer, clientId, redirectUri: `${origin}/callback`, scope: 'openid profile api.read offline_access', storage }
    return onPage(() => createSession(options))
  }

  async function signedInAt(session) {
    const browser = new Browser(server.issuer)
    const page = await answer(browser, await browser.open(await session.signInUrl()))
    return { browser, callback: page.url }
  }

  it('signs a person in, refreshes, reads userinfo and signs out, all across origins', async () => {
    const session = await openTab('spa-short')
    const { browser, callback } = await signedInAt(session)
    assert.equal((await onPage(() => session.completeSignIn(callback))).sub, ALICE)

    const [one, same] = await onPage(() => Promise.all([session.accessToken(), session.accessToken()]))
    assert.equal(one, same)
    assert.notEqual(await onPage(() => session.accessToken()), one)
    assert.equal((await onPage(() => session.userInfo(ALICE))).name, 'Alice Example')

    const out = await browser.open(session.signOutUrl(`${origin}/`))
    assert.equal(out.url.href, `${origin}/`)
    await assert.rejects(onPage(() => session.accessToken()), { error: 'invalid_grant' })
  })

  it('gets no token from an origin that the client does not list', async () => {
    const session = await openTab('spa')
    const { callback } = await signedInAt(session)
    await assert.rejects(onPageOf('https://attacker.example', () => session.completeSignIn(callback)), /Blocked by CORS/)
  })

  it('refuses an answer of another tab', async () => {
    const [one, other] = [await openTab('spa'), await openTab('spa')]
    await other.signInUrl()
    const { callback } = await signedInAt(one)
    await assert.rejects(onPage(() => other.completeSignIn(callback)), /state/)
  })
})

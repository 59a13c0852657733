// What an API does with an access token that it validates by itself.
import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { createRemoteJWKSet, errors, jwtVerify } from 'jose'
import * as oauth from 'oauth4webapi'
import { connect } from '../support/oauth4webapi.mjs'
import { startServer } from '../support/server.mjs'

let server
let machine
let keys
before(async () => {
  server = await startServer()
  machine = await connect(server.issuer, { id: 'machine', secret: 'machine-secret' })
  keys = createRemoteJWKSet(new URL(machine.metadata.jwks_uri))
})
after(() => server.stop())

const tokenFor = async (scope) => (await machine.clientCredentials({ scope })).access_token

it('jose validates an access token against the published keys', async () => {
  const { payload, protectedHeader } = await jwtVerify(await tokenFor('api.read'), keys, {
    issuer: server.issuer,
    audience: 'api',
    typ: 'at+jwt',
    algorithms: ['ES256'],
    requiredClaims: ['sub', 'client_id', 'iat', 'exp', 'jti'],
  })
  assert.ok(protectedHeader.kid)
  assert.equal(payload.sub, 'machine')
  assert.equal(payload.client_id, 'machine')
  assert.equal(payload.scope, 'api.read')
  assert.equal(payload.exp - payload.iat, 900)
})

it('an API that only knows RS256 gets RS256', async () => {
  const { protectedHeader } = await jwtVerify(await tokenFor('reports.read'), keys, { issuer: server.issuer, audience: 'reports', typ: 'at+jwt' })
  assert.equal(protectedHeader.alg, 'RS256')
})

it('a token for two APIs names both, signed so that both accept it', async () => {
  const { payload, protectedHeader } = await jwtVerify(await tokenFor('api.read reports.read'), keys, { issuer: server.issuer, audience: 'api', typ: 'at+jwt' })
  assert.deepEqual(payload.aud, ['api', 'reports'])
  assert.equal(protectedHeader.alg, 'RS256')
})

it('jose refuses the token of another API, and one that was tampered with', async () => {
  const token = await tokenFor('api.read')
  await assert.rejects(jwtVerify(token, keys, { audience: 'reports' }), errors.JWTClaimValidationFailed)
  const [header, , signature] = token.split('.')
  const forged = Buffer.from(JSON.stringify({ sub: 'alice', aud: 'api' })).toString('base64url')
  await assert.rejects(jwtVerify(`${header}.${forged}.${signature}`, keys), errors.JWSSignatureVerificationFailed)
})

it('oauth4webapi validates it by RFC 9068', async () => {
  const request = new Request('http://localhost:5040/', { headers: { authorization: `Bearer ${await tokenFor('api.read')}` } })
  const claims = await oauth.validateJwtAccessToken(machine.metadata, request, 'api', { [oauth.allowInsecureRequests]: true })
  assert.equal(claims.client_id, 'machine')
})

it('the published keys hold no private part and stay the same', async () => {
  const [one, other] = await Promise.all([1, 2].map(async () => (await fetch(machine.metadata.jwks_uri)).json()))
  assert.deepEqual(one, other)
  assert.deepEqual(one.keys.map((key) => key.alg).sort(), ['ES256', 'RS256'])
  for (const key of one.keys) {
    assert.equal(key.use, 'sig')
    assert.equal('d' in key, false)
  }
})

// oidc-provider with the clients, keys and features that the bench compares.
//   node server.js SETTINGS.json      { port, clients, accounts, password, resources, database }
// Without a database it keeps everything in memory.
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { generateKeyPairSync } from 'node:crypto';
import { Provider } from 'oidc-provider';
import { createMemoryAdapter } from './memory-adapter.js';
import { createPostgresAdapter } from './postgres-adapter.js';
import { loginPage, readForm } from './login.js';

const settings = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const issuer = `http://127.0.0.1:${settings.port}`;
const accounts = new Set(settings.accounts);

const jwk = (alg, pair) => ({ ...pair.privateKey.export({ format: 'jwk' }), alg, use: 'sig', kid: alg });

const provider = new Provider(issuer, {
  adapter: settings.database ? await createPostgresAdapter(settings.database) : createMemoryAdapter(),
  clients: settings.clients.map((client) => ({
    client_id: client.id,
    client_secret: client.secret,
    grant_types: client.grantTypes,
    redirect_uris: client.redirectUris,
    response_types: client.redirectUris.length > 0 ? ['code'] : [],
    token_endpoint_auth_method: 'client_secret_basic',
  })),
  jwks: {
    keys: [
      jwk('RS256', generateKeyPairSync('rsa', { modulusLength: 2048 })),
      jwk('ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' })),
    ],
  },
  claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'] },
  async findAccount(_, id) {
    return { accountId: id, claims: () => ({ sub: id, name: id, email: `${id}@example.test`, email_verified: true }) };
  },
  cookies: { keys: ['a key for the cookies of a bench'] },
  pkce: { required: () => true },
  rotateRefreshToken: true,
  // offline_access would need prompt=consent here, a page that we do not compare.
  issueRefreshToken: (_, client) => client.grantTypeAllowed('refresh_token'),
  // First-party clients: whoever signs in has consented, as with RequireConsent=false on our side.
  async loadExistingGrant(ctx) {
    const { client, session } = ctx.oidc;
    const known = session.grantIdFor(client.clientId);
    const grant = (known && await provider.Grant.find(known))
      ?? new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
    if (!known) {
      grant.addOIDCScope('openid profile email offline_access');
      for (const resource of settings.resources) {
        grant.addResourceScope(resource.name, resource.scope);
      }
      await grant.save();
    }
    return grant;
  },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
    resourceIndicators: {
      enabled: true,
      useGrantedResource: () => true,
      getResourceServerInfo(_, name) {
        const resource = settings.resources.find((candidate) => candidate.name === name);
        return { scope: resource.scope, accessTokenFormat: 'jwt', accessTokenTTL: 900, jwt: { sign: { alg: resource.algorithm } } };
      },
    },
  },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  ttl: { AccessToken: 900, ClientCredentials: 900, AuthorizationCode: 60, IdToken: 300, RefreshToken: 1209600, Session: 36000, Grant: 2592000, Interaction: 3600 },
});

const protocol = provider.callback();

async function interact(request, response) {
  if (request.method === 'GET') {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
    response.end(loginPage(request.url));
    return;
  }

  const form = await readForm(request);
  const username = form.get('username');
  if (!accounts.has(username) || form.get('password') !== settings.password) {
    response.writeHead(400).end();
    return;
  }

  await provider.interactionFinished(request, response, { login: { accountId: username, remember: false } });
}

createServer((request, response) => {
  const handled = request.url.startsWith('/interaction/') ? interact(request, response) : protocol(request, response);
  Promise.resolve(handled).catch((error) => {
    console.error(error);
    response.headersSent || response.writeHead(500);
    response.end();
  });
}).listen(settings.port, '127.0.0.1');

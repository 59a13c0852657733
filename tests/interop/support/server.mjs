// Starts the real server on a free port with a database of its own, or uses the one that IDP_URL names.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const START_LIMIT = 60_000
const STOP_LIMIT = 15_000

const repository = fileURLToPath(new URL('../../../', import.meta.url))
const seed = fileURLToPath(new URL('../seed', import.meta.url))

export async function startServer() {
  if (process.env.IDP_URL) {
    return { issuer: process.env.IDP_URL, stop: async () => {} }
  }

  const issuer = `http://localhost:${await freePort()}`
  const directory = await mkdtemp(join(tmpdir(), 'idp-interop-'))
  const settings = {
    urls: issuer,
    Issuer: issuer,
    'Database:Provider': 'Sqlite',
    'ConnectionStrings:Database': `Data Source=${join(directory, 'idp.db')}`,
    'Keys:Directory': join(directory, 'keys'),
    'Seed:Path': seed,
    'RateLimits:Enabled': 'false',
    'Argon2:MemoryKiB': '64',
  }
  const child = spawn('dotnet', [findServer(), ...Object.entries(settings).map(([key, value]) => `--${key}=${value}`)], {
    env: { ...process.env, ASPNETCORE_ENVIRONMENT: 'Development', DOTNET_ENVIRONMENT: 'Development' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const killWithUs = () => child.kill('SIGKILL')
  process.once('exit', killWithUs)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => (output += text))
  }

  const stop = async () => {
    await stopProcess(child)
    process.off('exit', killWithUs)
    await rm(directory, { recursive: true, force: true })
  }
  try {
    await untilReady(issuer, child)
  } catch (error) {
    await stop()
    throw new Error(`The server did not become ready (${error.message}). It said:\n${output}`)
  }

  return { issuer, stop }
}

/** A port that nobody listens on. */
export async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address()
  probe.close()
  await once(probe, 'close')
  return port
}

/** Polls until the address answers, and gives up as soon as the process has ended. */
export async function untilReady(url, child, path = '/health/ready') {
  for (const end = Date.now() + START_LIMIT; Date.now() < end; await delay(50)) {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`exit code ${child.exitCode ?? child.signalCode}`)
    }

    const response = await fetch(new URL(path, url)).catch(() => null)
    await response?.body?.cancel()
    if (response?.ok) {
      return
    }
  }

  throw new Error(`not ready within ${START_LIMIT / 1000} s`)
}

/** Asks the process to end, and ends it if it does not. */
export async function stopProcess(child) {
  if (child.exitCode !== null || child.signalCode !== null) {
    return
  }

  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const force = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT)
  await exited
  clearTimeout(force)
}

function findServer() {
  const named = process.env.IDP_SERVER_DLL
  const candidates = named
    ? [named]
    : ['Release', 'Debug'].map((configuration) => join(repository, `src/IdentityProvider.Server/bin/${configuration}/net10.0/idp.dll`))
  const found = candidates.find((path) => existsSync(path))
  if (!found) {
    throw new Error(`No server at ${candidates.join(' or ')}. Run "dotnet build src/IdentityProvider.Server", or set IDP_SERVER_DLL or IDP_URL.`)
  }

  return found
}

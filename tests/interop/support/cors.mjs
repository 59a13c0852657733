// The same-origin policy, which Node's fetch does not have: what a page of an origin may read, and a preflight where one is due.
const SIMPLE_TYPES = ['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain']
const SIMPLE_HEADERS = ['accept', 'accept-language', 'content-language', 'content-type', 'user-agent']

const unrestrictedFetch = globalThis.fetch

/** Runs what a page of the origin does: while it runs, fetch is as a browser gives it to that page. */
export async function onPageOf(origin, action) {
  globalThis.fetch = fetchFrom(origin)
  try {
    return await action()
  } finally {
    globalThis.fetch = unrestrictedFetch
  }
}

function fetchFrom(origin) {
  return async function fetchAcrossOrigins(input, init) {
    const request = new Request(input, init)
    const type = request.headers.get('content-type')?.split(';')[0]
    const special = [...request.headers.keys()].filter((name) => !SIMPLE_HEADERS.includes(name))
    if (type && !SIMPLE_TYPES.includes(type)) {
      special.push('content-type')
    }

    if (special.length > 0) {
      const answer = await unrestrictedFetch(request.url, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': request.method, 'access-control-request-headers': special.join(',') },
      })
      const allowed = answer.headers.get('access-control-allow-headers')?.toLowerCase().split(/, */) ?? []
      if (!answer.ok || !mayRead(answer, origin) || special.some((name) => !allowed.includes(name))) {
        throw new TypeError(`Blocked by CORS: preflight of ${request.method} ${request.url} from ${origin}`)
      }
    }

    request.headers.set('origin', origin)
    const response = await unrestrictedFetch(request)
    if (!mayRead(response, origin)) {
      throw new TypeError(`Blocked by CORS: ${request.method} ${request.url} from ${origin}`)
    }

    return response
  }
}

function mayRead(response, origin) {
  return ['*', origin].includes(response.headers.get('access-control-allow-origin'))
}

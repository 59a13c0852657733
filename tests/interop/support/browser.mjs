// What a browser without scripts does: it keeps cookies, follows redirects, and submits forms.
const MOST_REDIRECTS = 10

/** Where a browser came to rest: a page, or a redirect to an origin that nobody serves here. */
class Page {
  constructor(url, status, text, left) {
    Object.assign(this, { url, status, text, left })
  }

  has(id) {
    return this.text.includes(`id="${id}"`)
  }

  /** The page's form: where it goes, by which method, and what it sends. */
  get form() {
    const [, attributes, content] = this.text.match(/<form\b([^>]*)>(.*?)<\/form>/s) ?? []
    if (content === undefined) {
      throw new Error(`${this.url} (${this.status}) has no form:\n${this.text}`)
    }

    const { action, method = 'get' } = attributesOf(attributes)
    const fields = new URLSearchParams()
    for (const [, input] of content.matchAll(/<input\b([^>]*)>/g)) {
      const { name, value = 'on', type, checked, disabled } = attributesOf(input)
      const boxLeftEmpty = type === 'checkbox' && checked === undefined
      if (name && disabled === undefined && !boxLeftEmpty) {
        fields.append(name, value)
      }
    }

    return { action: new URL(action || this.url, this.url), method, fields, content }
  }
}

export class Browser {
  #cookies = new Map()
  #origins

  /**
   * @param {...(string | [string, string])} origins The origins to go to. A pair stands for an origin that is served at another
   * address, as behind a proxy.
   */
  constructor(...origins) {
    this.#origins = new Map(origins.map((origin) => (Array.isArray(origin) ? origin : [origin, origin])))
  }

  open(url) {
    return this.#send(new URL(url))
  }

  /** Presses a button, after filling in fields; null empties a field or a checkbox. */
  press(page, buttonId, values = {}) {
    const { action, fields, content } = page.form
    const button = content.match(new RegExp(`<button\\b([^>]*id="${buttonId}"[^>]*)>`))
    if (!button) {
      throw new Error(`${page.url} (${page.status}) has no button ${buttonId}:\n${page.text}`)
    }

    const { name, value } = attributesOf(button[1])
    for (const [field, wanted] of Object.entries({ ...values, ...(name && { [name]: value }) })) {
      fields.delete(field)
      if (wanted !== null) {
        fields.append(field, wanted)
      }
    }

    return this.#send(action, fields)
  }

  async #send(url, body) {
    for (let redirects = 0; redirects < MOST_REDIRECTS; redirects++) {
      const served = this.#origins.get(url.origin)
      if (!served) {
        return new Page(url, 0, '', true)
      }

      const cookies = [...(this.#cookies.get(url.hostname) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ')
      const response = await fetch(new URL(url.pathname + url.search, served), {
        method: body ? 'POST' : 'GET',
        body,
        redirect: 'manual',
        headers: { accept: 'text/html', 'user-agent': 'Mozilla/5.0 Firefox/140.0', ...(cookies && { cookie: cookies }) },
      })
      this.#keep(url.hostname, response.headers.getSetCookie())
      const text = await response.text()
      const location = response.headers.get('location')
      if (!location) {
        return new Page(url, response.status, text, false)
      }

      // 307 and 308 would hand a form with a password on (RFC 9700 section 4.12).
      if (response.status !== 302 && response.status !== 303) {
        throw new Error(`${url} redirects with ${response.status}`)
      }

      url = new URL(location, url)
      body = undefined
    }

    throw new Error(`Too many redirects, the last one to ${url}`)
  }

  #keep(host, headers) {
    const cookies = this.#cookies.get(host) ?? new Map()
    this.#cookies.set(host, cookies)
    for (const header of headers) {
      const [pair, ...attributes] = header.split(';').map((part) => part.trim())
      const name = pair.slice(0, pair.indexOf('='))
      const expires = attributes.find((attribute) => /^expires=/i.test(attribute))?.slice('expires='.length)
      if (attributes.some((attribute) => /^max-age=0$/i.test(attribute)) || Date.parse(expires) <= Date.now()) {
        cookies.delete(name)
      } else {
        cookies.set(name, pair.slice(name.length + 1))
      }
    }
  }
}

/** Signs in as alice where the page asks for it, and allows where it asks for that. */
export async function answer(browser, page) {
  if (page.has('login-submit')) {
    page = await browser.press(page, 'login-submit', { username: 'alice', password: 'correct horse battery staple' })
  }

  return page.has('consent-allow') ? browser.press(page, 'consent-allow') : page
}

function attributesOf(text) {
  return Object.fromEntries([...text.matchAll(/([\w-]+)(?:="([^"]*)")?/g)].map(([, name, value = '']) => [name, decode(value)]))
}

function decode(text) {
  return text
    .replace(/&#x([0-9a-f]+);/gi, (_, code) => String.fromCodePoint(parseInt(code, 16)))
    .replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}

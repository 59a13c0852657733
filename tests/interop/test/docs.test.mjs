// docs/clients.md shows the samples as they are.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { it } from 'node:test'

const repository = new URL('../../../', import.meta.url)
const docs = await readFile(new URL('docs/clients.md', repository), 'utf8')

for (const sample of ['tests/interop/samples/web-app.mjs', 'tests/interop/samples/spa.mjs']) {
  it(`the documentation quotes ${sample}`, async () => {
    const quoted = docs.split(`<!-- ${sample} -->`)[1]?.match(/```js\n(.*?)```/s)?.[1]
    assert.equal(quoted, await readFile(new URL(sample, repository), 'utf8'))
  })
}

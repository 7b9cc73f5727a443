import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../server/command.js'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const page = readFileSync(join(root, 'docs/catalogue.md'), 'utf8')
const blocks = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block)

it('the commands of the page about the catalogue work', async () => {
  const folder = temporaryFolder()
  symlinkSync(join(root, 'apps'), join(folder, 'apps'))
  let output = ''
  for (const block of blocks) {
    const child = spawn('sh', ['-e', '-c', block], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] })
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    expect((await once(child, 'close'))[0]).toBe(0)
  }
  expect(output).toMatch(/^hubspot /m)
  expect(output).toMatch(/^google_sheets /m)
  expect(output).toMatch(/^# zendesk_api_token, from the catalogue/m)
  expect(output).toMatch(/^Wrote acme\.yaml\.\nacme\.yaml: nothing wrong\.$/m)
})

it('the page about the catalogue leads to files that are there', () => {
  const links = [...page.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, path = '']) => path)
  expect(links.filter((path) => !existsSync(join(dirname(join(root, 'docs/catalogue.md')), path)))).toEqual([])
})

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: provider files look like this
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { type Config, parseConfig } from '../config.js'

/** In the form of a provider file; the vendors are invented. */
const providers = {
  acme: {
    auth_mode: 'API_KEY',
    proxy: { base_url: 'https://file.acme-invented.com', headers: { 'x-key': '${apiKey}' } },
  },
  'Books.One': { auth_mode: 'BASIC', proxy: { base_url: 'https://books-invented.com' } },
  shop: {
    display_name: 'Shop',
    auth_mode: 'OAUTH2',
    token_url: 'https://shop-invented.com/t',
    proxy: { base_url: 'https://shop-invented.com' },
  },
  odd: { auth_mode: 'TELEPATHY', proxy: { base_url: 'https://odd-invented.com' } },
  single: { auth_mode: 'BASIC', proxy: { base_url: 'https://intranet' } },
  nowhere: { auth_mode: 'BASIC' },
}

const acme = {
  name_slug: 'acme',
  name: 'My own',
  aliases: ['Books.One'],
  auth_type: 'none',
  connect: { base_proxy_target_url: 'https://own.acme-invented.com' },
  auth: [{ kind: 'none' }],
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'provider-file-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

function parse(config: object, at: string): Config {
  return parseConfig(JSON.stringify(config), join(at, 'proxy.config.yaml'), {}, { catalog: () => [] })
}

it("adds its apps below the configuration's own, and names what it cannot express", () => {
  const at = folder()
  writeFileSync(join(at, 'providers.yaml'), JSON.stringify(providers))
  const { registry, providerReport } = parse({ providers: { file: './providers.yaml' }, apps: [acme] }, at)
  expect(registry.list().map(({ slug }) => slug)).toEqual(['acme', 'books-one', 'shop'])
  expect(registry.find('acme')?.definition.name).toBe('My own')
  // The alias is the own app's; the provider's app stays, under its slug.
  expect(registry.find('Books.One')?.slug).toBe('acme')
  expect(providerReport).toEqual({
    file: 'providers.yaml',
    total: 5,
    unusable: [
      { name: 'odd', reason: expect.stringContaining('TELEPATHY') },
      { name: 'single', reason: expect.stringMatching(/^connect\.base_proxy_target_url has a host .*single label/) },
    ],
    partly: [],
  })
  const alone = parse({ providers: { file: '.' } }, at)
  expect(alone.registry.find('acme')?.hosts).toBeDefined()
  expect(alone.registry.find('Books.One')?.slug).toBe('books-one')
  expect(parse({ apps: [acme] }, at).providerReport).toBeUndefined()
})

it('is found as an installed package, in the nearest node_modules', () => {
  const at = folder()
  const inner = join(at, 'deep', 'deeper')
  mkdirSync(join(at, 'node_modules', '@some', 'providers'), { recursive: true })
  mkdirSync(inner, { recursive: true })
  writeFileSync(
    join(at, 'node_modules', '@some', 'providers', 'providers.yaml'),
    'shop:\n  auth_mode: BASIC\n  proxy: { base_url: "https://shop-invented.com" }\n',
  )
  const { registry } = parse({ providers: { package: '@some/providers' } }, inner)
  expect(registry.list().map(({ slug }) => slug)).toEqual(['shop'])
})

it.each([
  [{ file: 'missing.yaml' }, /providers\.file: .*missing\.yaml cannot be read \(ENOENT\)/],
  [{ file: 'broken.yaml' }, /providers\.file: .*broken\.yaml:2 is not valid YAML/],
  [{ file: 'list.yaml' }, /providers\.file: .*must be an object of providers by name/],
  [{ package: '@nobody/providers' }, /providers\.package: is not installed/],
  [{ package: '../providers' }, /providers.*: must be/],
  [{ file: 'a', package: 'b' }, /providers.*: must be \{ file \} or \{ package \}/],
  [{}, /providers.*: must be/],
])('%j is a fault of the configuration', (wrong, expected) => {
  const at = folder()
  writeFileSync(join(at, 'broken.yaml'), 'a: 1\n]: [\n')
  writeFileSync(join(at, 'list.yaml'), '- a\n')
  expect(() => parse({ providers: wrong }, at)).toThrow(expected)
})

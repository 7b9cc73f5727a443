import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { lintCatalog } from './lint-catalog.mjs'
import { registrableDomain } from './lint-hosts.mjs'

const sound = `
name_slug: acme
name: Acme
categories: [crm]
auth_type: oauth
custom_fields:
  - { name: subdomain, label: Subdomain, format: host-label }
connect:
  base_proxy_target_url: "https://{{custom_fields.subdomain}}.acme.com/v1"
  allowed_domains: [upload.acme.com]
auth:
  - { kind: bearer }
headers: { acme-version: "1" }
oauth: { authorize_url: https://login.acme.com/authorize, token_url: https://login.acme.com/token }
docs: https://developers.acme.com
provenance:
  level: vendor
  checked: 2026-11-28
  sources: [{ kind: docs, url: https://developers.acme.com/auth }]
`

/** What is wrong with a catalogue of these files, without the name of the first. */
function faultsOf(files: Readonly<Record<string, string>>, vendors = '[]'): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'catalog-'))
  for (const [name, text] of Object.entries({ ...files, 'vendor-domains.yaml': vendors })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return lintCatalog(folder).faults.map((fault) => fault.replace('apps/a/acme.yaml: ', ''))
}

const faultsWith = (from: string | RegExp, to: string) => faultsOf({ 'apps/a/acme.yaml': sound.replace(from, to) })

describe('the catalogue', () => {
  it('is sound in every file', () => {
    expect(lintCatalog().faults).toEqual([])
  })
})

describe('an entry', () => {
  it('that is sound has no fault', () => {
    expect(faultsOf({ 'apps/a/acme.yaml': sound })).toEqual([])
  })

  it.each<[string, string | RegExp, string, RegExp]>([
    ['no YAML', 'name: Acme', 'name: [', /^YAML /],
    ['a key twice', 'name: Acme', 'name: Acme\nname: Acme', /^YAML .*unique/],
    ['an unknown field', 'name: Acme', 'nmae: Acme', /^nmae is unknown/],
    ['another place', 'name_slug: acme', 'name_slug: beta', /^name_slug belongs into apps\/b\/beta\.yaml/],
    ['http', 'https://login.acme.com/token', 'http://login.acme.com/token', /^oauth\.token_url must be https/],
    ['a base over http', '"https://{{', '"http://{{', /^connect\.base_proxy_target_url must be https/],
    ['an address', 'upload.acme.com', '10.0.0.1', /^connect\.allowed_domains\[0\] must not be an IP address/],
    ['a public suffix', 'upload.acme.com', '"*.co.uk"', /^connect\.allowed_domains\[0\] must not be co\.uk/],
    ['a shared domain', 'upload.acme.com', '"*.amazonaws.com"', /^connect\.allowed_domains\[0\] must not be/],
    [
      'a token host of strangers',
      'https://login.acme.com/token',
      'https://login.other.com/token',
      /^oauth\.token_url leads to login\.other\.com/,
    ],
    ['a host field of any text', ', format: host-label', '', /^custom_fields\[0\] stands in a host: give it format/],
    [
      'a secret in a host',
      ', format: host-label',
      ', type: password',
      /^connect\.base_proxy_target_url uses .* a password/,
    ],
    [
      'a secret that is not marked',
      'custom_fields:',
      'custom_fields:\n  - { name: api_key, label: Key }',
      /type must be password/,
    ],
    [
      'a secret with a default',
      'custom_fields:',
      'custom_fields:\n  - { name: pin, label: P, type: password, default: x }',
      /default must not be given/,
    ],
    [
      'a field without use',
      'custom_fields:',
      'custom_fields:\n  - { name: other, label: Other }',
      /^custom_fields\[0\] other is used nowhere/,
    ],
    ['an illegal header', 'acme-version', '"acme version"', /^headers\.acme version is not a valid header name/],
    ['a restricted header', 'acme-version', 'host', /^headers\.host cannot be a default header/],
    ['an unknown category', '[crm]', '[sales]', /^categories\[0\] sales is not in the list/],
    ['no category', '[crm]', '[]', /^categories must name one to three/],
    ['a description', 'name: Acme', 'name: Acme\ndescription: The best', /^description does not belong/],
    ['a client', 'oauth: {', 'oauth: { client_id: abc,', /^oauth\.client_id must not stand in the catalogue/],
    ['no way to a grant', /, token_url: [^ ]+/, '', /^oauth\.token_url is required/],
    ['no documentation', /docs: .*/, '', /^docs is required/],
    ['no provenance', /provenance:[\s\S]*/, '', /^provenance is required/],
    ['no level', 'level: vendor', 'level: sure', /^provenance\.level must be one of/],
    ['no day', '2026-11-28', 'yesterday', /^provenance\.checked must be a day/],
    ['no source', /sources: .*/, 'sources: []', /^provenance\.sources must be a list of at least one/],
    ['one source for two', 'level: vendor', 'level: two-sources', /^provenance\.sources must be two or more/],
    [
      'a source without its place',
      'kind: docs, url',
      'kind: npm, url',
      /^provenance\.sources\[0\]\.(package|version) is required/,
    ],
    [
      'a version that is a number',
      'kind: docs, url',
      'kind: npm, package: x, version: 4.1, url',
      /version must be a text/,
    ],
  ])('may not have %s', (_name, from, to, expected) => {
    expect(faultsWith(from, to)).toContainEqual(expect.stringMatching(expected))
  })

  it('may have its tokens at another domain of the same vendor, if somebody says so', () => {
    const elsewhere = { 'apps/a/acme.yaml': sound.replace('login.acme.com/token', 'login.acme-id.com/token') }
    expect(faultsOf(elsewhere)).toHaveLength(1)
    expect(faultsOf(elsewhere, '[{ domains: [acme.com, acme-id.com], reason: Acme says so }]')).toEqual([])
  })

  it('may have hosts that are made of a label, a host or a URL, and of nothing else', () => {
    const withField = (field: string, base: string) =>
      faultsOf({
        'apps/a/acme.yaml': sound
          .replace('{ name: subdomain, label: Subdomain, format: host-label }', `{ name: x, label: X, ${field} }`)
          .replace('https://{{custom_fields.subdomain}}.acme.com/v1', base),
      })
    expect(withField('format: host', 'https://{{custom_fields.x}}')).toEqual([])
    expect(withField('format: url', '{{custom_fields.x}}')).toEqual([])
    expect(withField('pattern: "eu|us"', 'https://{{custom_fields.x}}.acme.com')).toEqual([])
    expect(withField('pattern: ".*"', 'https://{{custom_fields.x}}.acme.com')).toEqual([])
    expect(withField('optional: true', 'https://{{custom_fields.x}}.acme.com')).toHaveLength(1)
  })
})

it('names are unique over all files', () => {
  const other = sound.replace('name_slug: acme', 'name_slug: other\naliases: [acme, third]')
  const third = sound.replace('name_slug: acme', 'name_slug: third')
  const faults = faultsOf({ 'apps/a/acme.yaml': sound, 'apps/o/other.yaml': other, 'apps/t/third.yaml': third })
  expect(faults).toEqual([
    'name_slug acme is also a name in apps/o/other.yaml (aliases[0]): keep it in one',
    'apps/o/other.yaml: aliases[0] acme is also a name in apps/a/acme.yaml (name_slug): keep it in one',
    'apps/o/other.yaml: aliases[1] third is also a name in apps/t/third.yaml (name_slug): keep it in one',
    'apps/t/third.yaml: name_slug third is also a name in apps/o/other.yaml (aliases[1]): keep it in one',
  ])
})

it.each([
  ['api.acme.com', 'acme.com'],
  ['acme.co.uk', 'acme.co.uk'],
  ['a.b.acme.co.uk', 'acme.co.uk'],
  ['me.github.io', 'me.github.io'],
])('%s is of %s', (host, domain) => {
  expect(registrableDomain(host)).toBe(domain)
})

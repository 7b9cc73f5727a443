import { readdirSync, readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:tls'
import { type AppDefinition, compileApp, parseTarget, type Target } from '@proxy/core'
import { selfSignedCertificate, startUpstream, type Upstream } from '@proxy/test-support'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Engine, startEngine, type TestAccount } from './engine/start-engine.js'

const folder = new URL('../../corpora/', import.meta.url)
const text = (path: string) => readFileSync(new URL(path, folder), 'utf8')
const json = <T>(path: string) => JSON.parse(text(path)) as T
const lines = (path: string) =>
  text(path)
    .split('\n')
    .filter((line) => line !== '')

interface Case {
  readonly input: string
}
const cases = (path: string) =>
  json<readonly (Case | string)[]>(path).flatMap((one) => (typeof one === 'string' ? [] : [one.input]))

const lists = readdirSync(new URL('upstream-lists/', folder))
  .filter((name) => name.endsWith('.txt'))
  .flatMap((name) => lines(`upstream-lists/${name}`))
const urls = [
  ...cases('wpt/urltestdata.json'),
  ...cases('wpt/ada_extra_urltestdata.json'),
  ...cases('wpt/verifydnslength_tests.json'),
  ...json<readonly string[]>('upstream-lists/ssrf-req-filter-blocked.json'),
  ...lists,
]
const hosts = [...cases('wpt/toascii.json'), ...cases('wpt/IdnaTestV2.json')]
const naughty = json<readonly string[]>('strings/blns.json')
const everything = [
  ...urls,
  ...[...hosts, ...naughty].flatMap((one) => [
    `https://${one}/x`,
    `http://${one}.example.com`,
    `https://example.com${one}`,
  ]),
  ...naughty.map((one) => `https://example.com/${one}`),
]

function accepted(url: string): Target | undefined {
  try {
    return parseTarget(url)
  } catch {
    return undefined
  }
}
const taken = [...new Set(everything)].flatMap((url) => {
  const target = accepted(url)
  return target === undefined ? [] : [{ url, target }]
})
const names = [...new Set(taken.map(({ target }) => target.hostname))].filter((name) => !/^\[|\.\d+$/.test(name))

/** The same URL to another scheme and port, everything else as it stands. */
function moved(url: string, scheme: string, port: number): string {
  return url.replace(/^https?:\/\/([^/?#:]+)(?::\d+)?/i, `${scheme}://$1:${port}`)
}

describe('every input of the public URL, IDNA and naughty-string data that is accepted', () => {
  it('has one host, whoever reads it, and a path of legal bytes', () => {
    expect(everything.length).toBeGreaterThan(9_000)
    expect(taken.length).toBeGreaterThan(500)
    for (const { url, target } of taken) {
      const parsed = new URL(url)
      expect([url, parsed.protocol, parsed.host], url).toEqual([url, target.protocol, target.host])
      expect(parsed.username + parsed.password, url).toBe('')
      expect(new URL(target.origin + target.path).host, url).toBe(target.host)
      expect(target.path, url).toMatch(/^\/[!-~]*$/)
      expect(target.hostname, url).toMatch(/^(?:[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*|\[[\da-f:]+\])$/)
    }
  })

  it('is never one whose authority holds more than letters, digits, hyphens, dots and a port', () => {
    const strange = taken.filter(
      ({ url }) => !/^https?:\/\/(?:[a-z0-9.-]+|\[[\da-f:.]+\])(?::\d+)?(?:[/?#]|$)/i.test(url),
    )
    expect(strange).toEqual([])
  })
})

describe('on the wire', () => {
  let upstream: Upstream
  let engine: Engine
  let tlsPort = 0
  const serverNames: string[] = []
  const { key, certificate } = selfSignedCertificate()
  const secure = createServer({
    key,
    cert: certificate,
    SNICallback: (name, callback) => {
      serverNames.push(name)
      callback(null)
    },
  })
  secure.on('tlsClientError', () => undefined)

  beforeAll(async () => {
    upstream = await startUpstream()
    await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve))
    tlsPort = (secure.address() as AddressInfo).port
    engine = await startEngine({
      apps: [everyName(upstream.port), attacked(upstream.port), tenant(upstream.port)],
      accounts: [
        { id: 'apn_names', app: 'names', customFields: { key: 'canary' } },
        { id: 'apn_attacked', app: 'attacked', customFields: { key: 'canary' } },
        ...naughty.map(
          (shop, index): TestAccount => ({ id: `apn_${index}`, app: 'tenant', customFields: { shop, key: 'canary' } }),
        ),
      ],
      allowPrivate: [`127.0.0.1:${upstream.port}`, `127.0.0.1:${tlsPort}`],
      hosts: Object.fromEntries(
        [...names, 'www.whitelisteddomain.tld', ...tenantNames].map((name) => [name, '127.0.0.1']),
      ),
    })
  })
  afterAll(async () => {
    await engine.close()
    await upstream.stop()
    await new Promise((resolve) => secure.close(resolve))
  })

  /** Names that a definition may list; the others could not be reached in any app. */
  const listable = names.filter((name) => {
    try {
      compileApp(everyName(1, [name]))
      return true
    } catch {
      return false
    }
  })
  function everyName(port: number, list = listable): AppDefinition {
    return {
      name_slug: 'names',
      name: 'Names',
      auth_type: 'keys',
      custom_fields: [{ name: 'key', type: 'password' }],
      connect: {
        allow_http: true,
        allowed_domains: list.flatMap((name) => [`${name}:${port}`, `${name}:${tlsPort || port}`]),
      },
      auth: [{ kind: 'header', name: 'x-key', value: '{{custom_fields.key}}' }],
    }
  }
  function attacked(port: number): AppDefinition {
    const connect = { base_proxy_target_url: `http://www.whitelisteddomain.tld:${port}/base`, allowed_domains: [] }
    return { ...everyName(port), name_slug: 'attacked', connect }
  }
  function tenant(port: number): AppDefinition {
    return {
      ...everyName(port),
      name_slug: 'tenant',
      custom_fields: [{ name: 'key', type: 'password' }, { name: 'shop' }],
      connect: { base_proxy_target_url: `http://{{custom_fields.shop}}.tenants.example.com:${port}` },
    }
  }
  const tenantNames = naughty
    .filter((one) => /^[a-z0-9-]+$/i.test(one))
    .map((one) => `${one.toLowerCase()}.tenants.example.com`)

  it('the host that was checked is the Host header, and the path is the caller\u2019s', async () => {
    const asked = taken.filter(({ target }) => listable.includes(target.hostname))
    expect(asked.length).toBeGreaterThan(300)
    for (const { url, target } of asked) {
      upstream.forget()
      const answer = await engine.call({ target: moved(url, 'http', upstream.port), account: 'apn_names' })
      expect(answer.status, url).toBe(200)
      const seen = upstream.only()
      expect(seen.values('host'), url).toEqual([`${target.hostname}:${upstream.port}`])
      expect(seen.url, url).toBe(target.path)
      expect(seen.values('x-key'), url).toEqual(['canary'])
    }
  })

  it('the host that was checked is the TLS server name', async () => {
    for (const name of listable) {
      serverNames.length = 0
      const answer = await engine.call({ target: `https://${name}:${tlsPort}/`, account: 'apn_names' })
      // The server's certificate is for another name, so the credential stays here.
      expect(answer.header('x-code'), name).toBe('upstream_tls')
      expect(serverNames, name).toEqual([name])
    }
  })

  it('no attack leaves the allowed host or the base, and most are refused', async () => {
    const targets = [...urls, ...naughty, ...naughty.map((one) => `/${one}`), ...lists.map((one) => `/a${one}`)]
    const codes = new Map<string, number>()
    upstream.forget()
    for (const target of targets) {
      const answer = await engine.call({ target, account: 'apn_attacked' })
      const code = answer.header('x-code') ?? String(answer.status)
      codes.set(code, (codes.get(code) ?? 0) + 1)
    }
    expect([...codes.keys()].sort()).toEqual(['200', 'domain_not_allowed', 'invalid_url'])
    expect(upstream.requests).toHaveLength(codes.get('200') ?? 0)
    for (const seen of upstream.requests) {
      expect(seen.values('host')).toEqual([`www.whitelisteddomain.tld:${upstream.port}`])
      expect(new URL(`http://x${seen.url}`).pathname).toMatch(/^\/base\//)
    }
    const ours = await engine.call({ target: '/ok', account: 'apn_attacked' })
    expect(ours.status).toBe(200)
  })

  it('a naughty string as a custom field is one label of the host, or names the field', async () => {
    let reached = 0
    for (const [index, shop] of naughty.entries()) {
      upstream.forget()
      const answer = await engine.call({ target: '/x', account: `apn_${index}` })
      if (/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i.test(shop)) {
        reached += 1
        expect(answer.status, shop).toBe(200)
        expect(upstream.only().values('host'), shop).toEqual([
          `${shop.toLowerCase()}.tenants.example.com:${upstream.port}`,
        ])
      } else {
        expect(answer.header('x-code'), shop).toBe('account_config_invalid')
        expect(upstream.requests, shop).toEqual([])
      }
    }
    expect(reached).toBeGreaterThan(20)
  })
})

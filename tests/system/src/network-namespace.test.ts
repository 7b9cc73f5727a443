import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { Cancellation, type Target, type Transport, undiciTransport } from '@proxy/core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Engine, startEngine } from './engine/start-engine.js'
import { privateAddresses, publicAddresses, seeded, spellings } from './network-namespace/addresses.js'
import { findWay, insideVariable, runInside } from './network-namespace/enter-namespace.js'
import { type NameServer, nameOf, startNameServer } from './network-namespace/name-server.js'
import { isOnTheInternet, type Sink, startSink } from './network-namespace/sink.js'

const api = '93.184.216.34'
const apiIpv6 = '2606:4700::6810:85e5'

if (process.env[insideVariable] === undefined) describe('in a network where every address answers', outside)
else describe('no connection leaks', { timeout: 60_000 }, inside)

/** Runs this file again in a namespace of its own: what is below needs all addresses of the world to be here. */
function outside(): void {
  const way = findWay()
  if ('reason' in way) {
    process.stderr.write(`The test of all addresses is left out: ${way.reason}\n`)
    it.skip(`no connection leaks (left out: ${way.reason})`)
    return
  }
  it('no connection leaks', { timeout: 120_000 }, async () => {
    const { status, output } = await runInside(way.options, fileURLToPath(import.meta.url))
    expect(output).toMatch(/^\d+ passed, 0 failed, 0 skipped$/m)
    expect(output).toMatch(/^[1-9]\d{3,} attempts, 0 leaks$/m)
    expect(status).toBe(0)
  })
}

function inside(): void {
  let sink: Sink
  let names: NameServer
  let transport: Transport
  let engine: Engine
  let attempts = 0
  let leaks = 0

  beforeAll(async () => {
    sink = await startSink()
    names = await startNameServer()
    const dnsServers = [names.address]
    transport = undiciTransport({ network: { dnsServers } })
    engine = await startEngine({
      apps: [
        {
          name_slug: 'open',
          name: 'Open',
          auth_type: 'keys',
          connect: {
            base_proxy_target_url: 'http://api.example.com',
            allowed_domains: ['*.example.com', 'files.example.net'],
            allow_http: true,
          },
          auth: [{ kind: 'header', name: 'x-key', value: '{{custom_fields.key}}' }],
          custom_fields: [{ name: 'key', type: 'password' }],
        },
        {
          name_slug: 'local',
          name: 'Local',
          auth_type: 'none',
          connect: { base_proxy_target_url: 'http://localhost' },
          auth: [{ kind: 'none' }],
        },
      ],
      accounts: [
        { id: 'apn_open', app: 'open', customFields: { key: 'canary' } },
        { id: 'apn_local', app: 'local' },
      ],
      hosts: { 'api.example.com': api, 'files.example.net': api, 'inner.example.com': '10.0.0.7' },
      dnsServers,
    })
  })

  afterEach(() => {
    leaks += sink.leaks().length
    expect(sink.leaks()).toEqual([])
    sink.forget()
  })

  afterAll(async () => {
    await engine.close()
    await transport.close()
    await names.stop()
    await sink.stop()
    process.stdout.write(`\n${attempts} attempts, ${leaks} leaks\n`)
  })

  /** Calls `attempt` for each, some at a time; the results in order. */
  async function forAll<T, R>(inputs: readonly T[], attempt: (input: T) => Promise<R>): Promise<R[]> {
    const results: R[] = []
    for (let start = 0; start < inputs.length; start += 50) {
      results.push(...(await Promise.all(inputs.slice(start, start + 50).map(attempt))))
    }
    attempts += inputs.length
    return results
  }

  /** Past the parser and the host rules: straight to the guard. Status, or code of the error. */
  async function send(hostname: string, port = 80, protocol: Target['protocol'] = 'http:'): Promise<unknown> {
    const host = port === (protocol === 'http:' ? 80 : 443) ? hostname : `${hostname}:${port}`
    const target = { protocol, hostname, port, host, origin: `${protocol}//${host}`, path: '/' }
    const request = { method: 'GET', target, headers: [], body: undefined, bodyLength: undefined, identity: undefined }
    const limits = { headTimeoutMs: 5_000, bodyIdleTimeoutMs: 5_000 }
    try {
      const response = await transport.send(request, limits, new Cancellation())
      await response.collect(1_000)
      return response.status
    } catch (error) {
      return error instanceof Error && 'code' in error ? error.code : error
    }
  }

  async function call(target: string, account = 'apn_open'): Promise<{ status: number; code: string | undefined }> {
    const answer = await engine.call({ target, account })
    return { status: answer.status, code: answer.header('x-code') }
  }

  it('that the sink would not see', async () => {
    const planted = [
      '169.254.169.254',
      '10.0.0.1',
      '127.0.0.1',
      'fd00:ec2::254',
      '::1',
      '168.63.129.16',
      '2002:7f00:1::1',
    ]
    for (const host of [...planted, api]) {
      await new Promise<void>((resolve, reject) => {
        const socket = connect({ host, port: 80 }, () => socket.end('GET / HTTP/1.1\r\n\r\n'))
        socket
          .on('error', reject)
          .on('close', () => resolve())
          .resume()
      })
    }
    expect(sink.hits).toHaveLength(planted.length + 1)
    expect(sink.leaks()).toEqual(planted)
    sink.forget()
  })

  it('while public addresses are reached: by literal, name, configuration and engine', async () => {
    expect(await send(api)).toBe(200)
    expect(await send(`[${apiIpv6}]`, 8080)).toBe(200)
    expect(await send(nameOf('all', [api], 0))).toBe(200)
    expect(await send(nameOf('all', [apiIpv6], 0))).toBe(200)
    expect(await call('/')).toMatchObject({ status: 200 })
    expect(await call(`http://${nameOf('all', [api], 1)}/`)).toMatchObject({ status: 200 })
    expect(sink.hits).toEqual([api, apiIpv6, api, apiIpv6, api, api])
  })

  it('by a literal, whatever port and protocol', async () => {
    const { ipv4, ipv6 } = privateAddresses(12)
    const random = seeded(3)
    const port = (): number => [80, 443, 22, 2375, 6379, 8080][random(6)] ?? 80
    const literals = [...ipv4, ...ipv6.map((address) => `[${address}]`)]
    const verdicts = await forAll(literals, (host) => send(host, port(), random(2) === 0 ? 'http:' : 'https:'))
    expect(new Set(verdicts)).toEqual(new Set(['target_denied']))
    expect(sink.hits).toEqual([])
  })

  it('by another spelling of one', async () => {
    const shown = [
      '127.0.0.1',
      '169.254.169.254',
      '10.0.0.1',
      '168.63.129.16',
      '0.0.0.0',
      '100.100.100.200',
      '192.168.1.1',
    ]
    const hosts = shown.flatMap(spellings)
    const targets = hosts.flatMap((host) => [
      `http://${host}/`,
      `https://${host}:443/x`,
      `HTTP://${host}:8080?x`,
      `http://api.example.com@${host}/`,
      `http://api.example.com:80@${host}/`,
      `http://api.example.com#@${host}/`,
      `http://api.example.com\\@${host}/`,
      `http://${host}\\@api.example.com/`,
      `http://${host}#.example.com/`,
      `http://${host}/.example.com`,
      `http://${host}?.example.com`,
      `http://${host}%00.example.com/`,
      `http://${host}\t.example.com/`,
      `http:\\\\${host}/`,
      `http:${host}/`,
      `http:///${host}/`,
      `//${host}/`,
      `/\\${host}/`,
      `/@${host}/`,
      `/..//${host}/`,
      `${host}/`,
      `gopher://${host}:6379/_x`,
    ])
    const answers = await forAll(targets, (target) => call(target))
    expect(answers.filter(({ status }) => status === 200).length).toBeLessThan(targets.length / 5)
    expect(sink.hits.every(isOnTheInternet)).toBe(true)
  })

  it('by a target of the public lists', async () => {
    const lists = ['patt-Open-Redirect-payloads.txt', 'patt-cloud-metadata-urls.txt', 'patt-open_redirect_wordlist.txt']
    const blocked = JSON.parse(list('ssrf-req-filter-blocked.json')) as string[]
    const targets = [...lists.flatMap((name) => list(name).split('\n')), ...blocked].filter((target) => target !== '')
    expect(targets.length).toBeGreaterThan(300)
    await forAll(targets, (target) => call(target))
    await forAll(targets, (target) => call(target.startsWith('/') ? target : `/${target}`))
    expect(new Set(sink.hits)).toEqual(new Set([api]))
  })

  it('by a name with a private address among its public ones', async () => {
    const { ipv4, ipv6 } = privateAddresses(6)
    const good = publicAddresses(200)
    const random = seeded(4)
    const pick = (from: readonly string[]): string => from[random(from.length)] ?? api
    const mixed = Array.from({ length: 1_500 }, (_, index) => {
      const bad = random(2) === 0 ? [pick(ipv4), pick(good.ipv4)] : [pick(ipv6)]
      const all = random(2) === 0 ? [...bad, pick(good.ipv4)] : [pick(good.ipv4), ...bad]
      return nameOf('all', all, index)
    })
    const denied = await forAll(mixed, (name) => call(`http://${name}/`))
    expect(new Set(denied.map(({ code }) => code))).toEqual(new Set(['target_denied']))
    expect(sink.hits).toEqual([])

    const twins = Array.from({ length: 300 }, (_, index) => nameOf('all', [pick(good.ipv4), pick(good.ipv6)], index))
    const passed = await forAll(twins, (name) => call(`http://${name}/`))
    expect(new Set(passed.map(({ status }) => status))).toEqual(new Set([200]))
    expect(sink.hits).toHaveLength(300)
  })

  it('by a name that is public when asked first and private later', async () => {
    const { ipv4 } = privateAddresses(2)
    const rebinding = ipv4
      .slice(0, 40)
      .map((bad, index) => nameOf('turn', index % 2 === 0 ? [api, bad] : [bad, api], index))
    const codes = new Map<string | undefined, number>()
    // What was answered is kept for a second, so that three rounds see it turn.
    for (let round = 0; round < 3; round += 1) {
      for (const { code } of await forAll([...rebinding, ...rebinding], (name) => call(`http://${name}/`))) {
        codes.set(code, (codes.get(code) ?? 0) + 1)
      }
      await new Promise((resolve) => setTimeout(resolve, 1_050))
    }
    expect([...codes.keys()].sort()).toEqual(['target_denied', undefined])
    expect(new Set(sink.hits)).toEqual(new Set([api]))
  })

  it('by a redirect', async () => {
    const { ipv4, ipv6 } = privateAddresses(1)
    const hosts = [
      ...ipv4,
      ...ipv6.map((address) => `[${address}]`),
      ...ipv4.flatMap((address) => spellings(address).slice(0, 10)),
    ]
    const locations = [
      ...hosts.flatMap((host) => [`https://${host}/`, `//${host}/`]),
      ...ipv4.map((address, index) => `https://${nameOf('all', [address], index)}/`),
      'https://localhost/',
      'https://inner.example.com/',
      'https://api.example.com@10.0.0.1/',
      'http://169.254.169.254/',
    ]
    const answers = await forAll(locations, (location) => call(`/to?${encodeURIComponent(location)}`))
    expect(answers.filter(({ status }) => status < 400)).toEqual([])
    expect(new Set(sink.hits)).toEqual(new Set([api]))
    sink.forget()

    // The twin: a redirect to a public host is followed; the sink speaks no TLS.
    expect((await call(`/to?${encodeURIComponent('https://files.example.net/')}`)).code).toBe('upstream_tls')
    expect(sink.hits).toEqual([api, api])
  })

  it('by localhost, or by a name of the configuration', async () => {
    const targets = ['http://localhost/', 'http://localhost:80/', 'http://LOCALHOST/', 'http://api.localhost/']
    for (const target of targets) expect((await call(target, 'apn_local')).status).toBe(400)
    expect(await send('localhost', 8080)).toBe('target_denied')
    expect(await call('http://inner.example.com/')).toMatchObject({ code: 'target_denied' })
    expect(sink.hits).toEqual([])
    attempts += targets.length + 2
  })

  it('but where the operator excepts it, and there alone', async () => {
    const excepting = undiciTransport({
      network: {
        allowPrivate: ['10.9.8.0/24', '[fd00::7]:8080', 'inner.example.com:8080'],
        hosts: { 'inner.example.com': '10.1.1.1' },
      },
    })
    const guarded = transport
    transport = excepting
    try {
      expect(await send('10.9.8.7', 8080)).toBe(200)
      expect(await send('[fd00::7]', 8080)).toBe(200)
      expect(await send('inner.example.com', 8080)).toBe(200)
      expect(sink.leaks()).toEqual(['10.9.8.7', 'fd00::7', '10.1.1.1'])
      sink.forget()
      for (const [host, port] of [
        ['10.9.9.7', 8080],
        ['[fd00::7]', 80],
        ['[fd00::8]', 8080],
        ['inner.example.com', 80],
        ['10.1.1.1', 8080],
      ] as const) {
        expect(await send(host, port)).toBe('target_denied')
      }
      expect(sink.hits).toEqual([])
    } finally {
      transport = guarded
      await excepting.close()
    }
  })
}

function list(name: string): string {
  return readFileSync(new URL(`../../corpora/upstream-lists/${name}`, import.meta.url), 'utf8')
}

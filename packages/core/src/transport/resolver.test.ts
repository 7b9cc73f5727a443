import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { afterEach, describe, expect, it } from 'vitest'
import { type DnsAnswer, type DnsQuestion, type DnsServer, startDnsServer } from '../../testing/dns-server.js'
import { createResolver, type HostResolver, type ResolverOptions } from './resolver.js'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

async function start(
  answer: (question: DnsQuestion) => DnsAnswer | Promise<DnsAnswer>,
  options: ResolverOptions = {},
): Promise<{ server: DnsServer; resolver: HostResolver }> {
  const server = await startDnsServer(answer)
  const resolver = createResolver({ dnsServers: [server.address], hostsFile: null, ...options })
  cleanUps.push(
    () => server.stop(),
    () => resolver.close(),
  )
  return { server, resolver }
}

const both: DnsAnswer = { addresses: ['192.0.2.1', '192.0.2.2', '2001:db8::1'], ttlSeconds: 10 }

describe('a name', () => {
  it('has the addresses of both families, IPv4 first', async () => {
    const { resolver, server } = await start(() => both)
    expect(await resolver.resolve('api.example.com')).toEqual(['192.0.2.1', '192.0.2.2', '2001:db8::1'])
    expect(server.questions.map(({ type }) => type).sort()).toEqual(['A', 'AAAA'])
  })

  it('may have one family only, by an empty or a failed answer of the other', async () => {
    const only: Readonly<Record<string, [DnsQuestion['type'], DnsAnswer]>> = {
      'empty.example.com': ['AAAA', { addresses: [] }],
      'broken.example.com': ['AAAA', 'failure'],
      'absent.example.com': ['AAAA', 'no-such-name'],
    }
    const { resolver } = await start(({ name, type }) => {
      const [missing, said] = only[name] ?? ['A', 'no-such-name']
      return type === missing ? said : { addresses: ['192.0.2.7'] }
    })
    for (const name of Object.keys(only)) expect(await resolver.resolve(name)).toEqual(['192.0.2.7'])
  })

  it('is followed through an alias', async () => {
    const { resolver } = await start(() => ({ addresses: ['192.0.2.3'], alias: 'edge.example.net' }))
    expect(await resolver.resolve('www.example.com')).toEqual(['192.0.2.3'])
  })

  it.each([
    ['does not exist', 'no-such-name'],
    ['has no address', { addresses: [] }],
    ['belongs to a broken server', 'failure'],
    ['belongs to a silent server', 'silence'],
  ] as const)('that %s is upstream_dns', async (_, said) => {
    const { resolver } = await start(() => said, { timeoutMs: 20 })
    await expect(resolver.resolve('api.example.com')).rejects.toMatchObject({
      name: 'ProxyError',
      code: 'upstream_dns',
    })
  })

  it.each([`${'a'.repeat(64)}.example.com`, 'a..example.com'])(
    'that no server could know (%j) is upstream_dns',
    async (name) => {
      const { resolver } = await start(() => both)
      await expect(resolver.resolve(name)).rejects.toMatchObject({ code: 'upstream_dns' })
    },
  )

  it('does not wait long for the second family once it has the first', async () => {
    const { resolver } = await start(({ type }) => (type === 'AAAA' ? 'silence' : { addresses: ['192.0.2.1'] }))
    const startedAt = performance.now()
    expect(await resolver.resolve('api.example.com')).toEqual(['192.0.2.1'])
    expect(performance.now() - startedAt).toBeLessThan(1_500)
  })

  it('is resolved at once while servers of other names are silent', async () => {
    let asked = 0
    let allAsked = (): void => undefined
    const arrival = new Promise<void>((resolve) => {
      allAsked = resolve
    })
    const { resolver } = await start(({ name }) => {
      if (!name.startsWith('slow')) return both
      asked += 1
      if (asked === 200) allAsked()
      return 'silence'
    })
    const slow = Array.from({ length: 100 }, (_, index) =>
      resolver.resolve(`slow${index}.example.com`).catch(() => 'failed'),
    )
    await arrival
    const startedAt = performance.now()
    await resolver.resolve('api.example.com')
    expect(performance.now() - startedAt).toBeLessThan(800)
    resolver.close()
    expect(new Set(await Promise.all(slow))).toEqual(new Set(['failed']))
  })
})

describe('what is known already', () => {
  it('is asked once by any number of callers at a time', async () => {
    const { resolver, server } = await start(() => both)
    await Promise.all(Array.from({ length: 100 }, () => resolver.resolve('api.example.com')))
    expect(server.questions).toHaveLength(2)
  })

  it.each([
    ['its own life', 10, 10_000],
    ['a second at least', 0, 1_000],
    ['half a minute at most', 86_400, 30_000],
  ])('serves for %s', async (_, ttlSeconds, lifeMs) => {
    let now = 1_000_000
    const { resolver, server } = await start(() => ({ addresses: ['192.0.2.1', '2001:db8::1'], ttlSeconds }), {
      now: () => now,
    })
    await resolver.resolve('api.example.com')
    now += lifeMs - 1
    await resolver.resolve('api.example.com')
    expect(server.questions).toHaveLength(2)
    now += 1
    await resolver.resolve('api.example.com')
    expect(server.questions).toHaveLength(4)
  })

  it('is a failure for a second', async () => {
    let now = 1_000_000
    let said: DnsAnswer = 'no-such-name'
    const { resolver } = await start(() => said, { now: () => now })
    await expect(resolver.resolve('api.example.com')).rejects.toMatchObject({ code: 'upstream_dns' })
    said = both
    await expect(resolver.resolve('api.example.com')).rejects.toMatchObject({ code: 'upstream_dns' })
    now += 1_000
    expect(await resolver.resolve('api.example.com')).toHaveLength(3)
  })

  it('stays bounded over any number of names', async () => {
    const { resolver, server } = await start(() => both)
    await resolver.resolve('first.example.com')
    for (let index = 0; index < 20; index += 1) {
      await Promise.all(Array.from({ length: 100 }, (_, name) => resolver.resolve(`n${index}x${name}.example.com`)))
    }
    const before = server.questions.length
    await resolver.resolve('first.example.com')
    expect(server.questions.length).toBe(before + 2)
  })
})

describe('names that no server is asked for', () => {
  it('localhost and what lies under it', async () => {
    const { resolver, server } = await start(() => both)
    expect(await resolver.resolve('localhost')).toEqual(['127.0.0.1', '::1'])
    expect(await resolver.resolve('api.localhost')).toEqual(['127.0.0.1', '::1'])
    expect(await resolver.resolve('notlocalhost')).toHaveLength(3)
    expect(server.questions.map(({ name }) => name)).toEqual(['notlocalhost', 'notlocalhost'])
  })

  it('those of the configuration', async () => {
    const { resolver, server } = await start(() => both, {
      hosts: { 'API.example.com': '192.0.2.9', localhost: '::1' },
    })
    expect(await resolver.resolve('api.example.com')).toEqual(['192.0.2.9'])
    expect(await resolver.resolve('localhost')).toEqual(['::1'])
    expect(server.questions).toEqual([])
    expect(await resolver.resolve('www.example.com')).toHaveLength(3)
  })

  it('which are checked when they are configured', () => {
    expect(() => createResolver({ hosts: { 'api.example.com': 'elsewhere' } })).toThrow(
      '"elsewhere" (of api.example.com)',
    )
  })

  it('those of the hosts file, which is read again when it changes', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hosts-'))
    cleanUps.push(() => rm(folder, { recursive: true }))
    const hostsFile = join(folder, 'hosts')
    let now = 1_000_000
    await writeFile(
      hostsFile,
      '# a comment\n192.0.2.4 One.example.com two.example.com # more\n\n2001:db8::4\tone.example.com\nbad line\n',
    )
    const { resolver, server } = await start(() => both, { hostsFile, now: () => now })
    expect(await resolver.resolve('one.example.com')).toEqual(['192.0.2.4', '2001:db8::4'])
    expect(await resolver.resolve('two.example.com')).toEqual(['192.0.2.4'])
    expect(server.questions).toEqual([])

    await writeFile(hostsFile, '192.0.2.5 two.example.com\n')
    await utimes(hostsFile, 1, 1)
    expect(await resolver.resolve('two.example.com')).toEqual(['192.0.2.4'])
    now += 1_000
    expect(await resolver.resolve('two.example.com')).toEqual(['192.0.2.5'])
    expect(await resolver.resolve('one.example.com')).toHaveLength(3)

    await rm(hostsFile)
    now += 1_000
    expect(await resolver.resolve('two.example.com')).toHaveLength(3)
  })
})

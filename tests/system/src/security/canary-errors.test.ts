import { createPrivateKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import {
  type AppDefinition,
  accountToRecord,
  createAppRegistry,
  createKeyRing,
  createSealer,
  type ProxyError,
  type ProxyEvent,
  recordToAccount,
  Secret,
} from '@proxy/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RawUpstream, startRawUpstream } from '../engine/raw-upstream.js'
import { type Engine, startEngine } from '../engine/start-engine.js'
import { each } from './each.js'
import { faults } from './faults.js'
import { leakSearch } from './leak-search.js'

const canary = `c4n4ry+/"\\${randomBytes(15).toString('base64url')}=`
const pathCanary = `c4n4ry+${randomBytes(15).toString('base64url')}=`
const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' })
const search = leakSearch([canary, pathCanary, key.toString().split('\n')[1] ?? ''])

let upstream: RawUpstream
let engine: Engine
const errors: ProxyError[] = []
const events: ProxyEvent[] = []

function app(name_slug: string, auth: object): AppDefinition {
  return {
    name_slug,
    name: name_slug,
    auth_type: 'keys',
    custom_fields: [{ name: 'key', type: 'password' }, { name: 'region' }],
    connect: { base_proxy_target_url: `http://localhost:${upstream.port}` },
    auth: [auth],
    headers: { 'x-region': '{{custom_fields.region}}' },
  } as AppDefinition
}

/** Ways to place it, and values of it that cannot be placed so. */
const kinds: readonly (readonly [string, object, string])[] = [
  ['header', { kind: 'header', name: 'x-api-key', value: '{{custom_fields.key}}' }, canary],
  ['bearer', { kind: 'bearer', token: '{{custom_fields.key}}' }, canary],
  ['basic', { kind: 'basic', username: 'x', password: '{{custom_fields.key}}' }, canary],
  ['query', { kind: 'query', name: 'api_key', value: '{{custom_fields.key}}' }, canary],
  ['path', { kind: 'path', prefix: '/bot{{custom_fields.key}}' }, pathCanary],
  ['cookie', { kind: 'cookie', name: 'session', value: '{{custom_fields.key}}' }, pathCanary],
  ['odd-header', { kind: 'header', name: 'x-api-key', value: '{{custom_fields.key}}' }, `${canary}\r\nx: 1`],
  ['odd-bearer', { kind: 'bearer', token: '{{custom_fields.key}}' }, `${canary}\u0000`],
  ['odd-basic', { kind: 'basic', username: '{{custom_fields.key}}', password: 'x' }, `${canary}:`],
  ['odd-path', { kind: 'path', prefix: '/bot{{custom_fields.key}}' }, `${pathCanary}/../..`],
  ['odd-cookie', { kind: 'cookie', name: 'session', value: '{{custom_fields.key}}' }, `${canary};`],
  [
    'odd-certificate',
    { kind: 'mtls', certificate: '{{custom_fields.key}}', private_key: '{{custom_fields.key}}' },
    `-----BEGIN CERTIFICATE-----\n${canary}\n-----END CERTIFICATE-----`,
  ],
  ['lone-key', { kind: 'mtls', certificate: 'x', private_key: '{{custom_fields.key}}' }, key.toString()],
] // prettier-ignore

beforeAll(async () => {
  upstream = await startRawUpstream()
  upstream.script = (socket, head) => faults[/\/fault\/([a-z0-9-]+)/.exec(head)?.[1] ?? '']?.(socket, head)
  engine = await startEngine({
    apps: kinds.map(([slug, auth]) => app(slug, auth)),
    accounts: kinds.flatMap(([slug, , value]) => [
      { id: `apn_${slug}`, app: slug, customFields: { key: value, region: 'eu' } },
      { id: `apn_${slug}-odd`, app: slug, customFields: { key: value, region: `eu\r\n${canary}` } },
    ]),
    allowPrivate: [`127.0.0.1:${upstream.port}`],
    hosts: { 'evil.example': '10.0.0.1' },
    limits: { headTimeoutMs: 1_000, bodyIdleTimeoutMs: 1_000 },
    onError: (error) => errors.push(error),
    hooks: [(event) => events.push(event)],
  })
})

afterAll(async () => {
  await engine.close()
  await upstream.stop()
})

/** All ways in which a value is written down by somebody who does not think about it. */
function writings(value: unknown): readonly string[] {
  return [
    inspect(value, { depth: 20, showHidden: true, getters: true, maxArrayLength: null, maxStringLength: null }),
    JSON.stringify(value, ownProperties) ?? '',
    String(value),
    value instanceof Error ? `${value.message} ${value.stack}` : '',
  ]
}

function ownProperties(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value
  return Object.fromEntries(Object.getOwnPropertyNames(value).map((name) => [name, Reflect.get(value, name)]))
}

describe('an error', () => {
  it('of any fault holds no credential, however it is written down', async () => {
    const calls = kinds.flatMap(([slug]) => Object.keys(faults).map((name) => ({ slug, name })))
    await each(calls, 24, ({ slug, name }) => engine.call({ target: `/fault/${name}?page=1`, account: `apn_${slug}` }))
    for (const [slug] of kinds) {
      for (const target of ['https://evil.example/', '//x', 'https://10.0.0.1/', '/ok#x', 'http://[::1]/']) {
        await engine.call({ target, account: `apn_${slug}` })
      }
      const odd = await engine.call({ target: '/fault/next-page', account: `apn_${slug}-odd` })
      expect([odd.status, odd.header('x-code')]).toEqual([422, 'account_config_invalid'])
    }
    const codes = new Set(errors.map(({ code }) => code))
    for (const code of ['connect', 'protocol', 'timeout']) expect(codes).toContain(`upstream_${code}`)
    for (const code of ['redirect_denied', 'domain_not_allowed', 'invalid_url']) expect(codes).toContain(code)
    for (const error of errors) for (const text of writings(error)) expect(search.find(text), error.code).toEqual([])
    expect(events.length).toBeGreaterThanOrEqual(calls.length)
    for (const event of events) for (const text of writings(event)) expect(search.find(text)).toEqual([])
  })

  it('of a value that cannot be placed names it and does not show it', async () => {
    for (const [slug] of kinds.filter(([name]) => name.startsWith('odd'))) {
      const answer = await engine.call({ target: '/fault/next-page', account: `apn_${slug}` })
      expect([answer.status, answer.header('x-code')], slug).toEqual([422, 'account_config_invalid'])
      expect(search.find(answer.body), slug).toEqual([])
    }
  })

  it('of a stored record that is damaged does not show it', async () => {
    const scope = { project: 'proj_test', environment: 'development' } as const
    const account = await engine.storage.readAccount(scope, 'apn_header')
    if (account === undefined) throw new Error('the account is not there')
    const sealer = createSealer(createKeyRing([randomBytes(32).toString('base64')]))
    const plain = accountToRecord(account, undefined)
    expect(search.find(plain)).not.toEqual([])
    expect(search.find(accountToRecord(account, sealer))).toEqual([])
    for (const damaged of [plain.slice(0, -1), plain, plain.replace('"customFields"', '"x"'), `[${plain}]`]) {
      let thrown: unknown
      try {
        recordToAccount(damaged, scope, 'apn_header', sealer)
      } catch (error) {
        thrown = error
      }
      expect(thrown).toBeInstanceOf(Error)
      for (const text of writings(thrown)) expect(search.find(text)).toEqual([])
    }
  })
})

describe('what holds a credential', () => {
  it('does not show it', async () => {
    const account = await engine.storage.readAccount({ project: 'proj_test', environment: 'development' }, 'apn_header')
    expect(search.find(account?.values.reveal().customFields.key ?? '')).not.toEqual([])
    const secret = new Secret(canary)
    const shown = [account, { deep: [account] }, secret, [secret], engine, engine.storage, createAppRegistry([])]
    for (const value of shown) for (const text of writings(value)) expect(search.find(text)).toEqual([])
    expect(search.find(`${secret}${JSON.stringify({ secret })}${inspect(new Map([['x', secret]]))}`)).toEqual([])
    expect(search.find(JSON.stringify(structuredClone({ secret: { ...secret } })))).toEqual([])
    expect(createPrivateKey(key).type).toBe('private')
  })
})

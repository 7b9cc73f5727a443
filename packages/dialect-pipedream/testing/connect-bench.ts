import {
  type AppDefinition,
  type Authorization,
  type AuthorizationRequest,
  ExchangeRefusal,
  type TokenSet,
} from '@proxy/core'
import type { ConnectTokenRecord } from '../src/index.js'
import { acme, shop } from './apps.js'
import { type Bench, type BenchOptions, createBench, incoming } from './bench.js'

export const publicUrl = 'https://proxy.example/under'

export interface Page {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** `Set-Cookie` lines as a browser would send them back. */
  readonly cookies: string
}

export interface VisitOptions {
  /** Sent as a form. */
  readonly form?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
}

export interface ConnectBench extends Bench {
  visit(target: string, options?: VisitOptions): Promise<Page>
  /** A connect token of `user-1`. */
  connectToken(record?: Partial<ConnectTokenRecord>): Promise<string>
  readonly vendor: TestVendor
}

/** The vendor of `shopWithLogin`, behind the port. */
export interface TestVendor extends Authorization {
  /** What was asked of it. */
  readonly asked: {
    readonly request: AuthorizationRequest
    readonly state: string
    readonly scopes: readonly string[]
  }[]
  readonly codes: string[]
  /** What the next exchange gives; an error is thrown. */
  answer: TokenSet | Error
}

const shopWithLogin: AppDefinition = {
  ...shop,
  custom_fields: [{ name: 'region', label: 'Region', format: 'host-label', description: 'Where your shop is' }],
  oauth: {
    ...shop.oauth,
    authorize_url: 'https://{{custom_fields.region}}.shop.example/authorize',
    client_id: 'shop-client',
    scopes: ['read', 'write'],
  },
}

export function connectBench(
  definitions: readonly AppDefinition[] = [acme, shopWithLogin],
  options: BenchOptions = {},
) {
  const vendor = testVendor()
  const bench = createBench(definitions, {}, { authorization: vendor, publicUrl, ...options })

  async function visit(target: string, { form, headers = {} }: VisitOptions = {}): Promise<Page> {
    const method = form === undefined ? 'GET' : 'POST'
    const body = form === undefined ? undefined : new URLSearchParams(form).toString()
    const type = form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }
    const call = incoming(method, target, Object.entries({ ...type, ...headers }).flat(), body)
    if (!bench.dialect.owns(target)) throw new Error(`Nobody owns ${target}.`)
    const read = bench.dialect.read(call)
    if (read.kind !== 'route') throw new Error('This is a proxied call.')
    const request = new Request(`http://proxy.invalid${target}`, {
      method,
      headers: { ...type, ...headers },
      ...(body !== undefined && { body }),
    })
    const answer = await read.respond(request, { requestId: 'request-1', remoteAddress: call.remoteAddress })
    const cookies = answer.headers.getSetCookie().map((line) => line.split(';', 1)[0])
    return { status: answer.status, headers: answer.headers, text: await answer.text(), cookies: cookies.join('; ') }
  }

  async function connectToken(record: Partial<ConnectTokenRecord> = {}): Promise<string> {
    return await bench.connectTokens.create({ ...usualRecord, ...record }, bench.clock.now() + 3_600_000)
  }

  return { ...bench, visit, connectToken, vendor } satisfies ConnectBench
}

export const usualRecord: ConnectTokenRecord = {
  project: 'proj_demo',
  environment: 'development',
  externalUserId: 'user-1',
  scopes: ['connect:accounts:write'],
  client: 'demo',
  keyDigest: undefined,
  allowedOrigins: undefined,
  appId: undefined,
  choices: undefined,
  oauthAppId: undefined,
  accountId: undefined,
  successRedirectUri: undefined,
  errorRedirectUri: undefined,
  webhookUri: undefined,
}

function testVendor(): TestVendor {
  const vendor: TestVendor = {
    asked: [],
    codes: [],
    answer: {
      credentials: { oauth_access_token: 'access-1', oauth_refresh_token: 'refresh-1' },
      expiresAt: undefined,
      scopes: ['read'],
    },
    async authorizeUrl(request, state, scopes) {
      vendor.asked.push({ request, state, scopes })
      const { origin } = request.app.authorization?.url.resolve(request.account, request.app) ?? { origin: '' }
      return `${origin}/authorize?state=${state}`
    },
    async exchangeCode(_, code) {
      vendor.codes.push(code)
      if (vendor.answer instanceof Error) throw vendor.answer
      return vendor.answer
    },
  }
  return vendor
}

export const refusal = new ExchangeRefusal('the vendor answered 400 invalid_grant')

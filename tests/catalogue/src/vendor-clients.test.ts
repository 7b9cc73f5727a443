import { readFileSync } from 'node:fs'
import { catalogApps } from '@proxy/catalog'
import { compileApp, parseTarget } from '@proxy/core'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { engineCall } from './engine-call.js'

/** What a vendor's own client sent; see ../vendor-clients/record.mjs. */
interface Recorded {
  readonly package: string
  readonly version: string
  readonly app: string
  readonly account: {
    readonly customFields?: Readonly<Record<string, string>>
    readonly credentials?: Readonly<Record<string, string>>
  }
  readonly request: {
    readonly method: string
    readonly url: string
    readonly headers: Readonly<Record<string, string>>
  }
}

const recorded: readonly Recorded[] = parse(readFileSync(new URL('../vendor-requests.yaml', import.meta.url), 'utf8'))

/** Where a client places the credential in another way than the catalogue, and why that is right as well. */
const otherwise: Readonly<
  Record<string, { readonly client: string; readonly ours: string; readonly because: string }>
> = {
  '@octokit/rest': {
    client: 'authorization token sample-access-token',
    ours: 'authorization Bearer sample-access-token',
    because: 'GitHub takes both words, and its documentation has Bearer',
  },
  '@anthropic-ai/sdk': {
    client: 'authorization Bearer sample-api-key',
    ours: 'x-api-key sample-api-key',
    because: 'the documentation of the API has the key in x-api-key; this client sends it as bearer',
  },
}

it('there are twenty clients and more', () => {
  expect(new Set(recorded.map((one) => one.package)).size).toBeGreaterThanOrEqual(20)
})

describe.each(recorded)('what $package $version sends', ({ package: name, app, account, request }) => {
  const definition = catalogApps().find(({ name_slug: slug }) => slug === app)
  if (definition === undefined) throw new Error(`${app} is not in the catalogue`)
  const values = { customFields: account.customFields ?? {}, credentials: account.credentials ?? {} }
  const compiled = compileApp(definition)
  const { base } = compiled
  const baseTarget =
    base.kind === 'template'
      ? base.resolve(values.customFields)
      : parseTarget(definition.connect.base_proxy_target_url ?? '')
  const baseUrl = `${baseTarget.origin}${baseTarget.path}`.replace(/\/$/, '')

  async function sent(target: string) {
    const body = ['POST', 'PUT', 'PATCH'].includes(request.method) ? '{}' : undefined
    const [only, ...more] = await engineCall(definition as NonNullable<typeof definition>, {
      values,
      isEnded: false,
      method: request.method,
      target,
      body,
    })
    expect(more).toEqual([])
    return only
  }

  it('goes to the host and below the path where relative calls of the app go', async () => {
    expect(request.url.startsWith(`${baseUrl}/`)).toBe(true)
    expect((await sent(request.url.slice(baseUrl.length)))?.url).toBe(request.url)
  })

  it('has the credential where the app places it', async () => {
    const headers = (await sent(request.url.slice(baseUrl.length)))?.headers ?? []
    const placed = [...compiled.reservedHeaders].map((header) => `${header} ${headers[headers.indexOf(header) + 1]}`)
    const known = otherwise[name]
    const theirs = Object.entries(request.headers).map(([header, value]) => `${header} ${value}`)
    if (known === undefined) {
      const plain = (text: string) => text.replace(/^authorization bearer /i, 'authorization Bearer ')
      expect(theirs.map(plain)).toEqual(expect.arrayContaining(placed))
    } else {
      expect(theirs).toContain(known.client)
      expect(placed).toEqual([known.ours])
    }
    expect(placed.length).toBeGreaterThan(0)
  })
})

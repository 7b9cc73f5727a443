import { Readable, Writable } from 'node:stream'
import { manualClock } from '@proxy/conformance'
import {
  type Account,
  type App,
  type AppDefinition,
  compileApp,
  createAppRegistry,
  createAuthenticator,
  createProxy,
  type Dialect,
  keyDigest,
  oauthClientDocumentId,
  oauthClientKind,
  Secret,
} from '@proxy/core'
import { oauthExchange } from '@proxy/oauth'
import { memoryLeaseStore, memoryRateLimiter, memoryStorage } from '@proxy/storage-memory'
import { readable } from './readable-request.js'
import { realValues } from './real-values.js'
import { recordingTransport, type SentRequest } from './recording-transport.js'
import { sampleTokenAnswer } from './token-answer.js'

// The lint tries the same values. It is no part of what the package offers, so it is found by its place.
const samples = new URL('../../../packages/catalog/testing/sample-fields.mjs', import.meta.url)
const { sampleFields }: { sampleFields(definition: AppDefinition): Record<string, string> } = await import(samples.href)

const scope = { project: 'proj_golden', environment: 'production' } as const
const bearer = 'golden-key'
/** What goes out for an app, for people to read: the request for a token, if there is one, and the call itself. */
export interface GoldenCall {
  readonly account: Readonly<Record<string, string>>
  readonly token?: object
  readonly call: object
}

/** A relative call of a new account, through the whole pipeline, with every request kept in place of sent. */
export async function goldenCall(definition: AppDefinition): Promise<GoldenCall> {
  const app = compileApp(definition)
  const fields = sampleFields(definition)
  const declared = Object.entries(realValues(definition)).filter(([name]) => fields[name] !== undefined)
  const requests = await recordCall(app, definition, { ...fields, ...Object.fromEntries(declared) })
  const call = requests.at(-1)
  if (call === undefined) throw new Error(`${app.slug}: nothing went out`)
  const secrets = new Set(definition.custom_fields?.flatMap(({ name, type }) => (type === 'password' ? [name] : [])))
  const account = Object.fromEntries(Object.entries(fields).filter(([name]) => !secrets.has(name)))
  const [token] = requests.length > 1 ? requests : []
  return { account, ...(token !== undefined && { token: readable(token) }), call: readable(call) }
}

async function recordCall(
  app: App,
  definition: AppDefinition,
  customFields: Record<string, string>,
): Promise<readonly SentRequest[]> {
  const clock = manualClock()
  const storage = memoryStorage({ clock })
  const transport = recordingTransport(() => sampleTokenAnswer(app))
  const client = { app: app.slug, client_id: 'sample-client-id', client_secret: 'sample-client-secret' }
  const clientId = oauthClientDocumentId(scope.project, 'oa_golden')
  await storage.writeDocument({ kind: oauthClientKind, id: clientId, value: client }, undefined)
  await storage.writeAccount(accountOf(definition, customFields, clock.now()), 0)
  const proxy = createProxy({
    apps: createAppRegistry([], { catalog: [definition] }),
    storage,
    authenticator: createAuthenticator({
      documents: storage,
      keys: [{ id: 'golden', digest: keyDigest(bearer), ...scope, scopes: ['*'] }],
    }),
    rateLimiter: memoryRateLimiter({ clock }),
    transport,
    dialects: [goldenDialect],
    renewal: { exchange: oauthExchange({ transport, storage, clock }), leases: memoryLeaseStore({ clock }) },
    clock,
    name: 'golden',
  })
  const hasBody = definition.auth.some(({ kind }) => kind === 'body' || kind === 'hmac')
  const body = hasBody ? '{"x":1}' : undefined
  const answer: Buffer[] = []
  let status = 0
  await proxy.handle(
    {
      method: hasBody ? 'POST' : 'GET',
      target: '/golden',
      headers: body === undefined ? [] : ['content-length', String(body.length), 'content-type', 'application/json'],
      body: body === undefined ? undefined : Readable.from([Buffer.from(body)]),
      remoteAddress: '127.0.0.1',
      onCallerLeft() {},
    },
    (head) => {
      status = head.status
      return new Writable({ write: (chunk, _, done) => done(void answer.push(chunk)) })
    },
  )
  await proxy.close()
  if (status !== 200) throw new Error(`${app.slug}: ${status} ${Buffer.concat(answer)}`)
  return transport.sent
}

function accountOf(definition: AppDefinition, customFields: Record<string, string>, now: number): Account {
  const credentials = {
    oauth_access_token: 'sample-ended-token',
    oauth_refresh_token: 'sample-refresh-token',
    oauth_token_secret: 'sample-token-secret',
  }
  const isOAuth = definition.auth_type === 'oauth'
  return {
    ...scope,
    id: 'apn_golden',
    app: definition.name_slug,
    version: 0,
    externalUserId: 'user-1',
    externalId: 'apn_golden',
    name: undefined,
    values: new Secret({ customFields, credentials: isOAuth ? credentials : {} }),
    oauthAppId: isOAuth && definition.oauth?.client_id === undefined ? 'oa_golden' : undefined,
    authorizedScopes: [],
    metadata: {},
    createdAt: now,
    updatedAt: now,
    // An ended token, so that the request for a new one is seen as well.
    expiresAt: isOAuth && definition.oauth?.token_url !== undefined ? now - 1 : undefined,
    lastRefreshedAt: undefined,
    dead: false,
    error: undefined,
  }
}

const goldenDialect: Dialect = {
  name: 'golden',
  owns: () => true,
  read: ({ method, headers }) => ({
    kind: 'proxy',
    bearer,
    method,
    ...scope,
    account: { by: 'id', id: 'apn_golden', externalUserId: 'user-1' },
    target: '/things?x=1',
    query: '',
    baseUrl: undefined,
    headers: headers.length === 0 ? [] : ['content-type', 'application/json'],
    contentType: undefined,
    rateLimitToken: undefined,
    retries: undefined,
    origin: undefined,
    answerHeaders: [],
  }),
  describeError: ({ status, code, message }) => ({ status, headers: [], body: `${code}: ${message}` }),
}

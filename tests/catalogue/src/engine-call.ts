import { Readable, Writable } from 'node:stream'
import { manualClock } from '@proxy/conformance'
import {
  type Account,
  type AppDefinition,
  type CredentialValues,
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
import { recordingTransport, type SentRequest } from './recording-transport.js'
import { sampleTokenAnswer } from './token-answer.js'

const scope = { project: 'proj_golden', environment: 'production' } as const
const bearer = 'golden-key'
const oauthAppId = 'oa_golden'

export interface EngineCall {
  readonly values: CredentialValues
  /** The access token has ended, so that a new one is asked for first. */
  readonly isEnded: boolean
  readonly method: string
  /** Full URL or relative path. */
  readonly target: string
  /** JSON. */
  readonly body: string | undefined
}

/** One call of an account of the app, through the whole pipeline, with every request kept in place of sent. */
export async function engineCall(definition: AppDefinition, call: EngineCall): Promise<readonly SentRequest[]> {
  const clock = manualClock()
  const storage = memoryStorage({ clock })
  const app = compileApp(definition)
  const transport = recordingTransport(() => sampleTokenAnswer(app))
  const client = { app: app.slug, client_id: 'sample-client-id', client_secret: 'sample-client-secret' }
  const clientId = oauthClientDocumentId(scope.project, oauthAppId)
  await storage.writeDocument({ kind: oauthClientKind, id: clientId, value: client }, undefined)
  await storage.writeAccount(accountOf(definition, call, clock.now()), 0)
  const proxy = createProxy({
    apps: createAppRegistry([], { catalog: [definition] }),
    storage,
    authenticator: createAuthenticator({
      documents: storage,
      keys: [{ id: 'golden', digest: keyDigest(bearer), ...scope, scopes: ['*'] }],
    }),
    rateLimiter: memoryRateLimiter({ clock }),
    transport,
    dialects: [plainDialect(call.target)],
    renewal: { exchange: oauthExchange({ transport, storage, clock }), leases: memoryLeaseStore({ clock }) },
    clock,
    name: 'golden',
  })
  const { body } = call
  const answer: Buffer[] = []
  let status = 0
  await proxy.handle(
    {
      method: call.method,
      target: '/golden',
      headers: body === undefined ? [] : ['content-length', String(body.length)],
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

function accountOf({ name_slug: app, auth_type, oauth }: AppDefinition, call: EngineCall, now: number): Account {
  return {
    ...scope,
    id: 'apn_golden',
    app,
    version: 0,
    externalUserId: 'user-1',
    externalId: 'apn_golden',
    name: undefined,
    values: new Secret(call.values),
    oauthAppId: auth_type === 'oauth' && oauth?.client_id === undefined ? oauthAppId : undefined,
    authorizedScopes: [],
    metadata: {},
    createdAt: now,
    updatedAt: now,
    expiresAt: call.isEnded ? now - 1 : undefined,
    lastRefreshedAt: undefined,
    dead: false,
    error: undefined,
  }
}

function plainDialect(target: string): Dialect {
  return {
    name: 'golden',
    owns: () => true,
    read: ({ method, body }) => ({
      kind: 'proxy',
      bearer,
      method,
      ...scope,
      account: { by: 'id', id: 'apn_golden', externalUserId: 'user-1' },
      target,
      query: '',
      baseUrl: undefined,
      headers: body === undefined ? [] : ['content-type', 'application/json'],
      contentType: undefined,
      rateLimitToken: undefined,
      retries: undefined,
      origin: undefined,
      answerHeaders: [],
    }),
    describeError: ({ status, code, message }) => ({ status, headers: [], body: `${code}: ${message}` }),
  }
}

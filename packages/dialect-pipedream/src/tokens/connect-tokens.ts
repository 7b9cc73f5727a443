import { createHash, randomBytes } from 'node:crypto'
import {
  type Clock,
  type DocumentStore,
  hasScope,
  type Scope,
  type StaticKey,
  systemClock,
  type TokenVerifier,
} from '@proxy/core'
import { isConnectToken, isWellFormedConnectToken } from './connect-token-form.js'
import { type ConnectTokenRecord, readConnectTokenRecord } from './connect-token-record.js'
import type { ClientDirectory } from './oauth-client.js'
import { invalidToken } from './strict-jwt.js'

export interface ConnectTokensOptions {
  readonly documents: DocumentStore
  readonly clients: ClientDirectory
  /** The authenticator's. */
  readonly keys: readonly StaticKey[]
  readonly clock?: Pick<Clock, 'now'>
}

export interface FoundConnectToken {
  /** Digest of the token; names it in logs and in the list of revoked ones. */
  readonly id: string
  readonly record: ConnectTokenRecord
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

/** Short-lived tokens that a backend hands to one end user's browser: `ctok_` and 32 hex digits. */
export interface ConnectTokens extends TokenVerifier {
  create(record: ConnectTokenRecord, expiresAt: number): Promise<string>
  /** Undefined for what is unknown, expired, or of a client that is gone. */
  find(token: string): Promise<FoundConnectToken | undefined>
  /** Those of one end user. Reads every live token, so it is for rare work. */
  listOfUser(scope: Scope, externalUserId: string): Promise<readonly FoundConnectToken[]>
  /** True when it was there: for one of those who would use it up at the same time. */
  delete(id: string): Promise<boolean>
  /** Puts back a token that was deleted to be used, and was not. */
  restore(token: FoundConnectToken): Promise<void>
}

const kind = 'connect-token'

/** Kept in the document store under their digest, never in the clear. */
export function connectTokens(options: ConnectTokensOptions): ConnectTokens {
  const { documents, clients } = options
  const clock = options.clock ?? systemClock()

  const keys = new Map(options.keys.map((key) => [key.digest, key]))

  /** With the scopes that its maker still holds; undefined when it is void. */
  function current(id: string, value: unknown, expiresAt: number | undefined): FoundConnectToken | undefined {
    const record = readConnectTokenRecord(value)
    if (record === undefined || expiresAt === undefined || expiresAt <= clock.now()) return undefined
    const { client, keyDigest } = record
    if (client === undefined && keyDigest === undefined) return { id, record, expiresAt }
    const maker = client === undefined ? keys.get(keyDigest ?? '') : clients.find(client)
    if (maker === undefined || maker.project !== record.project) return undefined
    const scopes = record.scopes.filter((scope) => hasScope(maker.scopes, scope))
    return { id, record: { ...record, scopes }, expiresAt }
  }

  async function find(token: string): Promise<FoundConnectToken | undefined> {
    if (!isWellFormedConnectToken(token)) return undefined
    const id = digest(token)
    const document = await documents.readDocument(kind, id)
    return document === undefined ? undefined : current(id, document.value, document.expiresAt)
  }

  return {
    find,
    async create(record, expiresAt) {
      const token = `ctok_${randomBytes(16).toString('hex')}`
      await documents.writeDocument({ kind, id: digest(token), value: record, expiresAt }, 0)
      return token
    },
    async listOfUser(scope, externalUserId) {
      const found: FoundConnectToken[] = []
      for (const { id, value, expiresAt } of await documents.listDocuments(kind, '')) {
        const token = current(id, value, expiresAt)
        if (token !== undefined && belongsTo(token.record, scope, externalUserId)) found.push(token)
      }
      return found
    },
    async delete(id) {
      return await documents.deleteDocument(kind, id)
    },
    async restore({ id, record, expiresAt }) {
      await documents.writeDocument({ kind, id, value: record, expiresAt }, 0)
    },
    async verify(bearer) {
      if (!isConnectToken(bearer)) return undefined
      const found = await find(bearer)
      if (found === undefined) throw invalidToken()
      const { id, record, expiresAt } = found
      return {
        caller: {
          client: `ctok-${id.slice(0, 16)}`,
          kind: 'connect-token',
          project: record.project,
          environment: record.environment,
          externalUserId: record.externalUserId,
          allowedOrigins: record.allowedOrigins,
          scopes: record.scopes,
        },
        expiresAt,
        tokenId: id,
      }
    },
  }
}

function belongsTo(record: ConnectTokenRecord, scope: Scope, externalUserId: string): boolean {
  return (
    record.project === scope.project &&
    record.environment === scope.environment &&
    record.externalUserId === externalUserId
  )
}

function digest(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

import { createHash, randomBytes } from 'node:crypto'
import { type Clock, createKeyRing, createSealer, type DocumentStore, type Sealer } from '@proxy/core'
import { z } from 'zod'

const kind = 'connect-state'

/** From leaving for the vendor to coming back. */
export const stateLifeMs = 10 * 60_000

const stateSchema = z.object({
  token: z.string(),
  app: z.string(),
  oauthAppId: z.string().optional(),
  accountId: z.string().optional(),
  /** Custom fields as typed. */
  fields: z.record(z.string(), z.string()),
  codeVerifier: z.string(),
  scopes: z.array(z.string()),
  /** Digest of the cookie of the browser that left. */
  browser: z.string(),
  view: z.enum(['frame', 'popup', 'link']),
  hideClose: z.boolean(),
  flow: z.string().optional(),
})

/** What is remembered while an end user is at the vendor's. */
export type AuthorizationState = z.output<typeof stateSchema>

export interface AuthorizationStates {
  /** Remembers it under the digest of `state`, sealed: it holds the token, the verifier and perhaps secrets. */
  save(state: string, value: AuthorizationState): Promise<void>
  /** Undefined for what is unknown, too old, or taken before. */
  find(state: string): Promise<AuthorizationState | undefined>
  /** True once: for whoever is to use it. */
  take(state: string): Promise<boolean>
}

export interface AuthorizationStatesOptions {
  readonly documents: DocumentStore
  /** Without one, states end with this process. */
  readonly sealer: Sealer | undefined
  readonly clock: Pick<Clock, 'now'>
}

export function authorizationStates({ documents, clock, ...options }: AuthorizationStatesOptions): AuthorizationStates {
  const sealer = options.sealer ?? createSealer(createKeyRing([randomBytes(32).toString('base64')]))
  return {
    async save(state, value) {
      const id = digest(state)
      const sealed = sealer.seal(JSON.stringify(value), [kind, id])
      await documents.writeDocument({ kind, id, value: sealed, expiresAt: clock.now() + stateLifeMs }, 0)
    },
    async find(state) {
      const id = digest(state)
      const document = await documents.readDocument(kind, id)
      if (typeof document?.value !== 'string') return undefined
      return open(document.value, id, sealer)
    },
    async take(state) {
      return documents.deleteDocument(kind, digest(state))
    },
  }
}

function open(sealed: string, id: string, sealer: Sealer): AuthorizationState | undefined {
  try {
    return stateSchema.parse(JSON.parse(sealer.open(sealed, [kind, id]).toString()))
  } catch {
    // Sealed with a key that is gone, or by another release: the end user begins anew.
    return undefined
  }
}

/** Hex SHA-256: what is stored in place of a secret that a browser holds. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** 256 random bits that can stand in a URL. */
export function randomText(): string {
  return randomBytes(32).toString('base64url')
}

import { createHash, timingSafeEqual } from 'node:crypto'
import type { Environment } from '@proxy/core'

/** A backend that may ask for tokens. Its secrets are known by their digests alone. */
export interface OAuthClient {
  readonly id: string
  /** `secretDigest(secret)`; more than one while a secret is being changed. */
  readonly secretDigests: readonly string[]
  readonly project: string
  /** Undefined when the client may name either environment. */
  readonly environment?: Environment | undefined
  readonly scopes: readonly string[]
}

/** The clients that exist now. A token of a client that is no longer found is void. */
export interface ClientDirectory {
  find(id: string): OAuthClient | undefined
}

/** A directory of a fixed list. Throws when two clients share an id. */
export function clientDirectory(clients: readonly OAuthClient[]): ClientDirectory {
  const byId = new Map(clients.map((client) => [client.id, client]))
  if (byId.size !== clients.length) throw new Error('Two clients have the same id.')
  return { find: (id) => byId.get(id) }
}

/** SHA-256 in hex. A client secret is long and random, so that a slow hash would add nothing. */
export function secretDigest(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

const nobodysDigest = Buffer.alloc(32)

/** The same work whether the client exists or not, and whichever of its secrets fits. */
export function secretFits(client: OAuthClient | undefined, secret: string): boolean {
  const given = createHash('sha256').update(secret).digest()
  let fits = false
  for (const digest of client?.secretDigests ?? []) {
    const expected = Buffer.from(digest, 'hex')
    if (expected.length === given.length && timingSafeEqual(expected, given)) fits = true
  }
  if (client === undefined) timingSafeEqual(nobodysDigest, given)
  return client !== undefined && fits
}

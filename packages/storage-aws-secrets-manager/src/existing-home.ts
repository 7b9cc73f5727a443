import { randomUUID } from 'node:crypto'
import { type CredentialValues, limitKey, ProxyError, type ReadCache } from '@proxy/core'
import type { ReadVersion } from './batch-reader.js'
import { type ExistingSecret, secretShape } from './existing-secret.js'
import { type Home, sameValues } from './home.js'
import { checkSize } from './owned-text.js'
import { type Pointer, pointerOf } from './row.js'
import type { SecretVersion, Service } from './service.js'
import { isFault } from './service-fault.js'

export interface ExistingHomeOptions {
  readonly service: Service
  readonly cache: Pick<ReadCache<CredentialValues>, 'read' | 'forget'>
}

/**
 * One secret of the user's own, who may change it at any time: what is current counts. A write puts a version beside it
 * that counts from the row's write on, as long as the version that it was made from is current.
 */
export function existingHome(existing: ExistingSecret, { service, cache }: ExistingHomeOptions): Home {
  const { secret } = existing
  const shape = secretShape(existing)
  /** A write by anybody changes the row's pointer, and with it what is remembered. */
  const keyOf = (pointer: Pointer | undefined): string =>
    limitKey([existing.project, existing.environment, existing.account, secret, pointer?.version ?? ''])

  return {
    read(row, readVersion) {
      const pointer = pointerOf(row)
      return cache.read(keyOf(pointer), async () => {
        const found = await readEffective(pointer, readVersion)
        if (found === undefined) return undefined
        const values = shape.read(found.text)
        // A writer that ended before this step left it to whoever reads next.
        if (pointer !== undefined && found.version === pointer.version && !found.isCurrent) void makeCurrent(pointer)
        return values
      })
    },
    async prepare(before, account) {
      const pointer = before === undefined ? undefined : pointerOf(before)
      const found = await readEffective(pointer, service.read)
      const values = account.values.reveal()
      if (found === undefined) {
        if (isEmpty(values)) return { pointer, values, finish: async () => undefined }
        throw invalid('is not there')
      }
      const stored = shape.read(found.text)
      if (sameValues(values, stored) || isEmpty(values)) {
        return { pointer, values: stored, finish: async () => undefined }
      }
      if (existing.writeBack !== true) throw invalid('is read only, unless write_back is set')
      const text = checkSize(write(found.text, values), account)
      const next: Pointer = { secret, version: randomUUID(), base: found.base }
      try {
        await service.put(secret, next.version, text)
      } catch (error) {
        if (isFault(error, 'deleted')) return undefined
        throw error
      }
      return {
        pointer: next,
        values: shape.read(text),
        async finish() {
          cache.forget(keyOf(pointer))
          await makeCurrent(next)
        },
      }
    },
    secretToDelete: () => undefined,
  }

  /** What counts, and the version that is current. */
  async function readEffective(
    pointer: Pointer | undefined,
    readVersion: ReadVersion,
  ): Promise<(SecretVersion & { readonly base: string }) | undefined> {
    const current = await readVersion(secret, undefined)
    if (current === undefined) return undefined
    const base = current.version
    if (pointer?.base !== base || pointer.secret !== secret) return { ...current, base }
    const pending = await readVersion(secret, pointer.version)
    return { ...(pending ?? current), base }
  }

  /** A user who changed the secret in between has the last word. */
  async function makeCurrent({ version, base }: Pointer): Promise<void> {
    try {
      if (base !== undefined) await service.makeCurrent(secret, version, base)
    } catch {
      // The row still names the version: the next read tries again.
    }
  }

  function write(text: string, values: CredentialValues): string {
    try {
      return shape.write(text, values)
    } catch (error) {
      throw invalid(error instanceof Error ? error.message : 'cannot be written')
    }
  }

  function invalid(why: string): ProxyError {
    return new ProxyError(
      'account_config_invalid',
      `The credential of account ${JSON.stringify(existing.account)} is kept in a secret that ${why}.`,
    )
  }
}

function isEmpty({ customFields, credentials }: CredentialValues): boolean {
  return Object.keys(customFields).length === 0 && Object.keys(credentials).length === 0
}

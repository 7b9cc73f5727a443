import { randomBytes } from 'node:crypto'
import { createKeyRing, createSealer, type Sealer } from '@proxy/core'
import type { Config } from '../config.js'

/** A key that seals or opens, and where it comes from. */
export interface ConfiguredKey {
  readonly key: string
  /** The entry of the configuration. */
  readonly place: string
}

/** Every key of the configuration, in base64; the first one seals. Throws while those of KMS have not been opened. */
export function sealingKeysOf({ encryption, openedKeys }: Config): readonly ConfiguredKey[] {
  const wrapped = encryption?.kms?.dataKeys ?? []
  return [
    ...wrapped.map((_, index) => {
      const key = openedKeys[index]
      if (key === undefined) throw new Error('The data keys have not been opened.')
      return { key, place: `encryption.kms.dataKeys[${index}]` }
    }),
    ...(encryption?.keys ?? []).map((key, index) => ({ key, place: `encryption.keys[${index}]` })),
  ]
}

/** Seals with the configured keys; with one that ends with the process when nothing is kept. */
export function sealerOf(config: Config): Sealer {
  const keys = sealingKeysOf(config).map(({ key }) => key)
  return createSealer(createKeyRing(keys.length > 0 ? keys : [randomBytes(32).toString('base64')]))
}

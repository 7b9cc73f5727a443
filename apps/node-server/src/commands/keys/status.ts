import { type Config, ConfigError, type ConfiguredKey, sealerOf, sealingKeysOf } from '@proxy/composition'
import { createKeyRing } from '@proxy/core'
import { unsealed } from '../../reseal.js'
import { readOptions, refuseMore } from '../arguments.js'
import { withState } from '../command-state.js'
import { table } from '../table.js'
import { type KeyUsage, readKeyUsage } from './key-usage.js'

/** Which keys there are, and how much each has sealed. A key with nothing can be taken out. */
export async function showKeys(args: readonly string[]): Promise<string> {
  const { values, positionals } = readOptions(args, {})
  refuseMore(positionals)
  return await withState(values.config, async (state) => {
    return describe(keysOf(state.config), await readKeyUsage(state, sealerOf(state.config)))
  })
}

interface NamedKey extends Pick<ConfiguredKey, 'place'> {
  readonly id: string
}

/** The hex ids of the configured keys, in their order, and where they stand. */
export function keysOf(config: Config): readonly NamedKey[] {
  if (config.encryption === undefined) throw new ConfigError('encryption.keys is not set: nothing is sealed.')
  return sealingKeysOf(config).map(({ key, place }) => ({ id: createKeyRing([key]).current.id.toString('hex'), place }))
}

function describe(keys: readonly NamedKey[], { unit, stored, oauthClients }: KeyUsage): string {
  const ids = keys.map(({ id }) => id)
  const others = [...new Set([...stored.keys(), ...oauthClients.keys()])].filter((id) => !ids.includes(id)).sort()
  const rows = [...ids, ...others].map((id) => {
    const index = ids.indexOf(id)
    const role = index === 0 ? 'seals and opens' : index > 0 ? 'opens' : id === unsealed ? 'in plain' : 'NOT CONFIGURED'
    const place = keys[index]?.place ?? ''
    return [id, place, role, String(stored.get(id) ?? 0), String(oauthClients.get(id) ?? 0)]
  })
  return table(['KEY', 'WHERE', 'ROLE', unit.toUpperCase(), 'OAUTH CLIENTS'], rows)
}

import { type Config, ConfigError, sealerOf } from '@proxy/composition'
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
    const ids = keyIdsOf(state.config)
    return describe(ids, await readKeyUsage(state, sealerOf(state.config)))
  })
}

/** The hex ids of `encryption.keys`, in their order. */
export function keyIdsOf({ encryption }: Config): readonly string[] {
  if (encryption === undefined) throw new ConfigError('encryption.keys is not set: nothing is sealed.')
  return encryption.keys.map((key) => createKeyRing([key]).current.id.toString('hex'))
}

function describe(ids: readonly string[], { unit, stored, oauthClients }: KeyUsage): string {
  const others = [...new Set([...stored.keys(), ...oauthClients.keys()])].filter((id) => !ids.includes(id)).sort()
  const rows = [...ids, ...others].map((id) => {
    const index = ids.indexOf(id)
    const role = index === 0 ? 'seals and opens' : index > 0 ? 'opens' : id === unsealed ? 'in plain' : 'NOT CONFIGURED'
    const place = index === -1 ? '' : `encryption.keys[${index}]`
    return [id, place, role, String(stored.get(id) ?? 0), String(oauthClients.get(id) ?? 0)]
  })
  return table(['KEY', 'WHERE', 'ROLE', unit.toUpperCase(), 'OAUTH CLIENTS'], rows)
}

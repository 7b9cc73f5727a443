import { type CredentialValues, freezeStrings, type Scope } from '@proxy/core'
import { parsePointer, valueAt, withTextAt } from './json-pointer.js'
import { parseJson, unusable } from './owned-text.js'

/** An account whose credential is in a secret of the user's own, of any shape. */
export interface ExistingSecret extends Scope {
  /** Id of the account. */
  readonly account: string
  /** Name or ARN. */
  readonly secret: string
  /** JSON pointers into the secret by name of the field: `/api/key`. An empty one is the secret's whole text. */
  readonly customFields?: Readonly<Record<string, string>>
  readonly credentials?: Readonly<Record<string, string>>
  /** Lets refreshed tokens be written into the secret. Default false. */
  readonly writeBack?: boolean
}

/** How the fields of an account lie in the text of a secret. */
export interface SecretShape {
  read(text: string): CredentialValues
  /** The text with other values in it, everything else as it was. Throws for a value that has no place. */
  write(text: string, values: CredentialValues): string
}

const groups = ['customFields', 'credentials'] as const

interface Place {
  readonly group: (typeof groups)[number]
  readonly name: string
  readonly keys: readonly string[]
}

export function secretShape(existing: ExistingSecret): SecretShape {
  const places: readonly Place[] = groups.flatMap((group) =>
    Object.entries(existing[group] ?? {}).map(([name, pointer]) => ({ group, name, keys: parsePointer(pointer) })),
  )
  const isPlain = places.length > 0 && places.every(({ keys }) => keys.length === 0)
  if (places.length === 0 || (!isPlain && places.some(({ keys }) => keys.length === 0))) {
    throw new Error(
      `The secret of account ${JSON.stringify(existing.account)} needs a JSON pointer for each field, or an empty one for all.`,
    )
  }

  return {
    read(text) {
      const document = isPlain ? text : parseObject(text)
      const values = { customFields: {}, credentials: {} } as Record<Place['group'], Record<string, string>>
      for (const { group, name, keys } of places) {
        const value = valueAt(document, keys)
        if (typeof value === 'string') values[group][name] = value
        else if (typeof value === 'number' || typeof value === 'boolean') values[group][name] = String(value)
      }
      return Object.freeze({
        customFields: freezeStrings(values.customFields),
        credentials: freezeStrings(values.credentials),
      })
    },
    write(text, values) {
      for (const group of groups) {
        for (const name of Object.keys(values[group])) {
          if (places.some((place) => place.group === group && place.name === name)) continue
          throw new Error(`has no place for ${JSON.stringify(name)}`)
        }
      }
      if (isPlain)
        return places.map(({ group, name }) => values[group][name]).find((value) => value !== undefined) ?? ''
      let document = parseObject(text)
      for (const { group, name, keys } of places) {
        const wanted = values[group][name]
        const stored = valueAt(document, keys)
        // A number stays a number until its text changes.
        if (stored !== undefined && wanted !== undefined && String(stored) === wanted) continue
        document = withTextAt(document, keys, wanted)
      }
      return JSON.stringify(document)
    },
  }

  function parseObject(text: string): unknown {
    const document = parseJson(text)
    if (typeof document === 'object' && document !== null) return document
    throw unusable(existing.account, 'is not a JSON object')
  }
}

import { Inexpressible } from './inexpressible.js'
import type { ProviderFields, Value } from './provider-fields.js'
import { alternativesOf, readText, type TextPiece } from './read-text.js'

/** A template of ours, and whether a secret stands in it. */
export interface Translated {
  readonly text: string
  readonly isSecret: boolean
}

/** What the places of a template mean, which differs from one kind of authentication to another. */
export interface Places {
  readonly fields: ProviderFields
  /** `${accessToken}`. */
  readonly accessToken: Value | undefined
  /** Declares what `${apiKey}` is. */
  readonly apiKey: (() => Value) | undefined
}

/** A template of a provider file as one of ours; throws `Inexpressible` naming what has no counterpart. */
export function translate(text: string, places: Places): Translated {
  const [first = '', second, ...more] = alternativesOf(text)
  if (second === undefined) return translateOne(first, places)
  const [only, ...others] = readText(first)
  const isStatic = more.length === 0 && !second.includes('${')
  if (!isStatic || only?.kind !== 'place' || others.length > 0 || !only.name.startsWith('connectionConfig.')) {
    throw new Inexpressible(`the alternative ${text}`)
  }
  const value = placeOf(only.name, places)
  places.fields.setDefault(value.expression, second)
  return { text: `{{${value.expression}}}`, isSecret: value.isSecret }
}

/** The alternatives of a URL, which are ours too. */
export function translateUrl(text: string, places: Places): string {
  return alternativesOf(text)
    .map((part) => {
      const { text: translated, isSecret } = translateOne(part, places)
      if (isSecret) throw new Inexpressible('a secret in a URL')
      return translated
    })
    .join(' || ')
}

function translateOne(text: string, places: Places): Translated {
  let isSecret = false
  let translated = ''
  for (const piece of readText(text)) {
    if (piece.kind === 'text') {
      if (piece.text.includes('{{')) throw new Inexpressible('a text with {{ in it')
      translated += piece.text
      continue
    }
    const value = expressionOf(piece, places)
    isSecret ||= value.isSecret
    translated += `{{${value.expression}}}`
  }
  return { text: translated, isSecret }
}

function expressionOf(piece: TextPiece, places: Places): Value {
  if (piece.kind === 'text') return { expression: quoted(piece.text), isSecret: false }
  if (piece.kind === 'place') return placeOf(piece.name, places)
  if (piece.name !== 'base64') throw new Inexpressible(`the function ${piece.name}()`)
  const values = piece.pieces.map((inner) => expressionOf(inner, places))
  return {
    expression: `base64(${values.map(({ expression }) => expression).join(', ')})`,
    isSecret: values.some(({ isSecret }) => isSecret),
  }
}

function quoted(text: string): string {
  if (!text.includes("'")) return `'${text}'`
  if (!text.includes('"')) return `"${text}"`
  throw new Inexpressible('a text with both kinds of quotes in a function')
}

function placeOf(name: string, { fields, accessToken, apiKey }: Places): Value {
  if (name === 'accessToken' && accessToken !== undefined) return accessToken
  if (name === 'apiKey' && apiKey !== undefined) return apiKey()
  const [source, member, ...deeper] = name.split('.')
  // A deeper one is flat here: `installation.id` is the field `installation_id`.
  if (member !== undefined && source === 'connectionConfig') return fields.config([member, ...deeper].join('_'))
  if (member !== undefined && deeper.length === 0) {
    if (source === 'credentials') {
      return member === 'token' && accessToken !== undefined ? accessToken : fields.credential(member)
    }
  }
  switch (name) {
    case 'username':
    case 'password':
      return fields.credential(name)
    case 'clientId':
      return fields.own('client_id', 'Client ID')
    case 'clientSecret':
      return fields.own('client_secret', 'Client secret')
    case 'random':
      return { expression: 'uuid()', isSecret: false }
    case 'now':
      return { expression: 'time()', isSecret: false }
  }
  const format = /^now:([^+]*)$/.exec(name)?.[1]
  if (format !== undefined) return { expression: `time(${quoted(format)})`, isSecret: false }
  throw new Inexpressible(`the place \${${name}}`)
}

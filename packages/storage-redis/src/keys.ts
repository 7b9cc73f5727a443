import { type Environment, ProxyError, type Scope } from '@proxy/core'

/** Everything but printable ASCII, and what has a meaning in a key. */
const special = /[^!-~]|[%{}/]/gu

/** One text for each text, of printable ASCII without space, `%`, `{`, `}` and `/` but as signs of what was replaced. */
export function encodePart(text: string): string {
  return text.replace(special, encodeCharacter)
}

/** Throws `invalid_request` for a text that has no UTF-8 form: among the members of a set it would pass for another. */
export function requireWellFormed(text: string, what: string): void {
  if (/\p{Surrogate}/u.test(text)) throw new ProxyError('invalid_request', `The ${what} is not well-formed Unicode.`)
}

function encodeCharacter(character: string): string {
  const code = character.charCodeAt(0)
  // Half of a surrogate pair has no UTF-8 form.
  if (character.length === 1 && code >= 0xd800 && code <= 0xdfff) return `%u${code.toString(16)}`
  return encodeURIComponent(character)
}

/**
 * Names of keys. Keys that one script touches share a hash tag, the part in braces, by which a cluster places them:
 * `api-proxy:{a/proj_demo/development}:account:apn_1`.
 */
export interface Keys {
  /** What is told of changes goes here. */
  readonly channel: string
  accounts(scope: Scope): AccountKeys
  documents(kind: string): DocumentKeys
  lease(key: string): { readonly holder: string; readonly fence: string }
  /** One key for each group. */
  check(): string
}

export interface AccountKeys {
  readonly tag: string
  readonly log: string
  /** Hash: app and external id to account id. */
  readonly externals: string
  /** Sorted set of the users that have an account. */
  readonly users: string
  account(id: string): string
  index(name: string): string
}

export interface DocumentKeys {
  readonly tag: string
  readonly log: string
  /** Sorted set of ids. */
  readonly ids: string
  /** Sorted set of ids by the time at which they end. */
  readonly ends: string
  document(id: string): string
}

export function createKeys(prefix: string): Keys {
  checkPrefix(prefix)
  return {
    channel: `${prefix}changes`,
    accounts({ project, environment }) {
      const tag = accountsTag(project, environment)
      const base = `${prefix}{${tag}}:`
      return {
        tag,
        log: `${base}log`,
        externals: `${base}externals`,
        users: `${base}users`,
        account: (id) => `${base}account:${encodePart(id)}`,
        index: (name) => `${base}by:${name}`,
      }
    },
    documents(kind) {
      const tag = `d/${encodePart(kind)}`
      const base = `${prefix}{${tag}}:`
      return {
        tag,
        log: `${base}log`,
        ids: `${base}ids`,
        ends: `${base}ends`,
        document: (id) => `${base}document:${encodePart(id)}`,
      }
    },
    lease(key) {
      const base = `${prefix}{l/${encodePart(key)}}:`
      return { holder: `${base}holder`, fence: `${base}fence` }
    },
    check: () => `${prefix}{check}`,
  }
}

/** Throws when keys under `prefix` would not be placed, or told apart, as they should. */
export function checkPrefix(prefix: string): void {
  if (!/^[!-z|~]{0,128}$/.test(prefix)) {
    throw new Error('The prefix of Redis keys must be up to 128 printable characters, without spaces and braces.')
  }
}

function accountsTag(project: string, environment: Environment): string {
  return `a/${encodePart(project)}/${environment}`
}

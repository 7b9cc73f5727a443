import type { AppDefinition } from './app-definition.js'
import type { HostRules } from './host-rules.js'
import type { PreparedAuth, Unwrap } from './ports/auth-strategy.js'
import type { AuthorizationSettings } from './ports/authorization.js'
import type { Renewal } from './ports/renewal.js'
import type { CompiledRetryRules } from './retry-rules.js'
import type { Target } from './target.js'
import type { Template } from './template.js'

/** An app as lists show it: nothing is compiled for it. */
export interface AppSummary {
  readonly definition: AppDefinition
  readonly id: string
  readonly slug: string
}

/** An app definition, checked and compiled once. */
export interface App extends AppSummary {
  readonly proxyEnabled: boolean
  readonly base: AppBase
  readonly hosts: HostRules
  /** Further hosts that an account has by its public fields; each throws `account_config_invalid` naming the field. */
  readonly accountHosts: readonly ((fields: Readonly<Record<string, string>>) => Target)[]
  readonly auth: readonly PreparedAuth[]
  /** Lower-case names that the injected credential takes: what the caller sends under them is dropped. */
  readonly reservedHeaders: ReadonlySet<string>
  readonly reservedQuery: ReadonlySet<string>
  /** A strategy has to see the bytes of this call's body, so it is held within a bound. */
  needsBodyBytes(target: Target, headers: readonly string[]): boolean
  /** Undefined for most apps. */
  readonly unwrap: Unwrap | undefined
  /** Undefined when credentials do not end. */
  readonly renewal: Renewal | undefined
  /** Undefined when end users cannot grant access through a browser. */
  readonly authorization: AuthorizationSettings | undefined
  readonly headers: readonly DefaultHeader[]
  readonly limit: { readonly requests: number; readonly windowMs: number } | undefined
  readonly retry: CompiledRetryRules
  readonly redirects: 'follow' | 'manual' | 'error'
  readonly relaySetCookie: boolean
  /** Makes a form of a JSON object when the caller names that type for the upstream. */
  readonly encodesJsonAsForm: boolean
}

export interface DefaultHeader {
  /** Lower case. */
  readonly name: string
  readonly value: Template
  /** Custom fields that an account may lack; the header is left out then. */
  readonly optionalFields: readonly string[]
}

/** Where a relative path goes. */
export type AppBase =
  | { readonly kind: 'none' }
  | { readonly kind: 'fixed'; readonly target: Target }
  /** Needs the account's custom fields; then full URLs are refused. */
  | {
      readonly kind: 'template'
      readonly template: Template
      /** The base for an account's public fields. Throws `account_config_invalid` naming the field. */
      resolve(fields: Readonly<Record<string, string>>): Target
    }

/** The apps that the engine knows. */
export interface AppRegistry {
  /** By slug or alias; undefined when there is none. */
  find(slug: string): App | undefined
  /** By id. */
  findById(id: string): App | undefined
  /** All of them, ascending by slug. */
  list(): readonly ListedApp[]
}

export interface ListedApp extends AppSummary {
  /** True for what came as the host's `catalog`, and not as one of its own definitions. */
  readonly isFromCatalog: boolean
}

/** A fault in an app definition: `field` is the path to it, such as `connect.allowed_domains[1]`. */
export class AppFault extends Error {
  override readonly name = 'AppFault'
  readonly field: string

  constructor(field: string, message: string) {
    super(message)
    this.field = field
  }
}

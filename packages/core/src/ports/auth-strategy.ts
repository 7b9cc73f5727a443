import type { CredentialValues } from '../account.js'
import type { Secret } from '../secret.js'
import type { Target } from '../target.js'
import type { UpstreamCall } from '../upstream-call.js'
import type { Renewal, UrlTemplate } from './renewal.js'
import type { ClientIdentity } from './transport.js'

/** The request as it will go out but for the credential. */
export interface RequestDescription {
  readonly method: string
  readonly target: Target
  /** Flat, names in lower case. */
  readonly headers: readonly string[]
  /** The final bytes when the strategy needs them and they are known; undefined for none or a stream. */
  readonly body: Buffer | undefined
  readonly bodyIsStream: boolean
  /** Epoch milliseconds. */
  readonly now: number
}

/** What a strategy sets. The pipeline applies it last, over anything of the same name that the caller sent. */
export interface Injection {
  /** Flat, names in lower case. */
  readonly headers?: readonly string[]
  /** Flat name, value; percent-encoded by the pipeline. */
  readonly query?: readonly string[]
  /** The whole path with query, when it changes; origin and host never change. */
  readonly path?: string
  readonly body?: Buffer
  readonly identity?: ClientIdentity
}

/** One entry of an app's `auth`, checked and prepared when the app was loaded. */
export interface PreparedAuth {
  readonly kind: string
  /** Names that the caller can therefore not send: removed from what the caller asked for. */
  readonly headerNames: readonly string[]
  readonly queryNames: readonly string[]
  /** `bytes`: `inject` sees the final body, buffered within a bound. A function says so for each call. */
  readonly body: 'untouched' | 'bytes' | ((target: Target, headers: readonly string[]) => boolean)
  /** It covers what other entries set, so it comes after them. */
  readonly isSignature?: true
  /** The credential is got from the vendor and renewed, by this exchange; undefined for all kinds that use what is stored. */
  readonly renewal?: Renewal
  /** Undefined for all kinds but such as Google Ads. */
  readonly unwrap?: Unwrap
  /** The secret that `inject` puts before the caller's path, so that no `Location` gives it away. */
  readonly pathPrefix?: (values: Secret<CredentialValues>, now: number) => string
  /** Pure. Throws `account_config_invalid` naming the field that is missing or malformed. */
  inject(values: Secret<CredentialValues>, request: RequestDescription): Injection
}

/** Takes the real call out of one that wraps it. */
export interface Unwrap {
  /** Where calls that wrap one are sent to. No app's credential goes there, and nothing is sent there. */
  readonly origin: string
  /** Throws `invalid_request` or another 400 for what is no such call. */
  open(call: UpstreamCall): UpstreamCall
}

/** What a strategy may ask about the app that is being loaded. */
export interface PrepareContext {
  readonly customFields: ReadonlySet<string>
  /** Compiles a URL over public custom fields, by the rules of a base URL; it may end in a fixed query. */
  compileUrl(text: string, field: string): UrlTemplate
}

/** Makes a `PreparedAuth` of the settings in an app definition; throws `AppFault` naming the field. */
export interface AuthStrategy {
  readonly kind: string
  prepare(settings: Readonly<Record<string, unknown>>, field: string, context: PrepareContext): PreparedAuth
}

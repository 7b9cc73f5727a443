import type { SigningAlgorithm } from './ports/renewal.js'

/** An app as an operator writes it: which hosts may get its credential, where a relative path goes, how the credential is placed. */
export interface AppDefinition {
  readonly name_slug: string
  readonly name: string
  /** `app_` + letters and digits; derived from the slug when left out. */
  readonly id?: string
  readonly description?: string
  readonly img_src?: string
  readonly categories?: readonly string[]
  readonly featured_weight?: number
  /** Other names under which callers may know it. */
  readonly aliases?: readonly string[]
  readonly auth_type: 'oauth' | 'keys' | 'none'
  readonly custom_fields?: readonly CustomField[]
  readonly connect: ConnectSettings
  readonly auth: readonly AuthEntry[]
  /** Sent unless the caller sets the same name. Values may be templates over custom fields. */
  readonly headers?: Readonly<Record<string, string>>
  readonly oauth?: OAuthSettings
  readonly retry?: RetryRules
  readonly limits?: LimitRule
  /** Default `follow`. */
  readonly redirects?: 'follow' | 'manual' | 'error'
  /** Passes the upstream's `Set-Cookie` to the caller. Default false. */
  readonly relay_set_cookie?: boolean
  /** Encodes a JSON object as a form when the caller names that type for the upstream. Default false. */
  readonly encode_json_as_form?: boolean
  /** Relative path of a cheap GET that proves the credential. */
  readonly health?: { readonly path: string; readonly method?: string }
  /** The header by which this vendor knows a write that it has seen before. Default `idempotency-key`, also with `x-`. */
  readonly idempotency_header?: string
  readonly docs?: string
}

export interface CustomField {
  readonly name: string
  readonly label?: string
  readonly description?: string
  readonly default?: string
  readonly optional?: boolean
  /** `password` marks a secret. */
  readonly type?: 'string' | 'password'
  /** What the value must be: checked when an account is stored and when it is used. */
  readonly format?: 'host-label' | 'host' | 'url' | 'integer' | 'uuid'
  readonly pattern?: string
}

export interface ConnectSettings {
  /** Default true. */
  readonly proxy_enabled?: boolean
  /** `https://host[/prefix]`, with templates in the host or as the whole value; `http://` only where the operator says so here. */
  readonly base_proxy_target_url?: string
  /** Exact hosts, `*.host`, `host:port`. The base's own host is always among them. */
  readonly allowed_domains?: readonly string[]
  /** Lets this app's hosts be called over http. Implied for the base when it is written with `http://`. */
  readonly allow_http?: boolean
  /** Ports besides 443 for a base that is wholly a custom field. */
  readonly allowed_ports?: readonly number[]
}

/** `kind` chooses the strategy; the rest are its settings. */
export interface AuthEntry {
  readonly kind: string
  readonly [setting: string]: unknown
}

export interface OAuthSettings {
  readonly authorize_url?: string
  /** May hold public custom fields by the rules of a base URL, and end in a fixed query. */
  readonly token_url?: string
  /** Where tokens are refreshed, when that is not the token URL. */
  readonly refresh_url?: string
  readonly revoke_url?: string
  /** The app's own OAuth client, used by accounts that bring none. Both may be templates. */
  readonly client_id?: string
  readonly client_secret?: string
  /** How the client proves itself at `token_url`. Default `post`. */
  readonly client_auth?: 'basic' | 'post' | 'private_key_jwt' | 'none'
  /** For `private_key_jwt`: PEM text; default the client's secret. */
  readonly private_key?: string
  /** For `private_key_jwt`. Default `RS256`. */
  readonly algorithm?: SigningAlgorithm
  readonly key_id?: string
  /** For `private_key_jwt`: `aud`; default `token_url`. */
  readonly assertion_audience?: string
  readonly pkce?: boolean
  readonly scopes?: readonly string[]
  /** Between scopes, asked and answered. Default a space; white space and commas in answers. */
  readonly scope_separator?: string
  /** Further parameters of the authorization request. */
  readonly authorize_params?: Readonly<Record<string, string>>
  /** Further fields of token requests. Values may be templates, also over `credentials.client_id` and `client_secret`. */
  readonly token_params?: Readonly<Record<string, string>>
  /** Further headers of token requests, templates as well. */
  readonly token_headers?: Readonly<Record<string, string>>
  /** How token requests are encoded. Default `form`. */
  readonly token_body?: 'form' | 'json'
  /**
   * Where values stand in the answer when not under their standard names: `authed_user.access_token` or a JSON pointer.
   * Known: access_token, refresh_token, expires_in, expires_at, scope, error. Any other name is kept as a credential.
   */
  readonly token_paths?: Readonly<Record<string, string>>
  /** How long a token lives when the answer does not say: seconds, or `1h`. Default: nobody knows. */
  readonly lifetime?: number | string
  /** The access token is a JWT whose `exp` is its end. Default false. */
  readonly expiry_in_token?: boolean
  /** What this vendor says instead of `invalid_grant`. */
  readonly refused_errors?: readonly string[]
}

export interface RetryRules {
  readonly after?: string | readonly string[]
  readonly remaining?: string
  readonly at?: string | readonly string[]
  readonly error_code?: readonly string[]
  readonly attempts?: number
}

export interface LimitRule {
  readonly requests: number
  /** Seconds as a number, or `60s`, `5m`, `1h`. */
  readonly window: number | string
}

import type { Account, CredentialValues } from '../account.js'
import type { App } from '../app.js'
import type { Target } from '../target.js'
import type { Template } from '../template.js'
import type { Moment } from '../template-functions.js'

/** How an app's access tokens come to be. Kinds of a host's own strategies begin with `x-`. */
export type Renewal =
  | {
      readonly kind: 'refresh-token'
      readonly settings: RefreshTokenSettings
      readonly fromNothing: false
    }
  | { readonly kind: 'jwt-bearer'; readonly settings: JwtBearerSettings; readonly fromNothing: true }
  | { readonly kind: 'client-credentials'; readonly settings: ClientCredentialsSettings; readonly fromNothing: true }
  | { readonly kind: 'session'; readonly settings: SessionSettings; readonly fromNothing: true }
  | { readonly kind: 'assume-role'; readonly settings: AssumeRoleSettings; readonly fromNothing: true }
  | {
      readonly kind: `x-${string}`
      readonly settings: Readonly<Record<string, unknown>>
      /** The first token is made without a stored one (client credentials, a login), so a new account is due at once. */
      readonly fromNothing: boolean
    }

/** A URL over an account's public custom fields, by the rules of a base URL. */
export interface UrlTemplate {
  /** Where it leads for an account. Throws `account_config_invalid` naming the field. */
  resolve(account: Account, app: App): Target
  /** As written. */
  readonly text: string
}

/** A JSON value whose texts are templates; numbers, booleans and null stay as they are. */
export interface JsonTemplate {
  /** Throws `account_config_invalid` naming a value that the account lacks. */
  render(values: CredentialValues, moment: Moment): unknown
}

/** A form field, header, or query parameter. Header names are in lower case. */
export interface NamedTemplate {
  readonly name: string
  readonly value: Template
}

/** Where a value stands in an answer. */
export type AnswerPlace =
  /** An RFC 6901 pointer into the JSON body; `''` is the whole of it. */
  | { readonly from: 'json'; readonly pointer: string }
  /** Lower case. */
  | { readonly from: 'header'; readonly name: string }
  /** The value of a `Set-Cookie` of this name. */
  | { readonly from: 'cookie'; readonly name: string }

/** What an exchange takes from the vendor's answer. */
export interface TokenAnswer {
  /** Becomes `credentials.oauth_access_token`. Its absence is a failed exchange. */
  readonly token: AnswerPlace
  /** Seconds from now, a number or a numeric text. Asked when `expiresAt` gives nothing. */
  readonly expiresIn: AnswerPlace | undefined
  /** ISO 8601, an HTTP date, or epoch seconds or milliseconds. Asked first. */
  readonly expiresAt: AnswerPlace | undefined
  /** For an answer that names neither. Undefined: nobody knows when the token ends. */
  readonly lifetimeSeconds: number | undefined
  /** Further values, stored under these names in `credentials`; an absent one is left as it was. */
  readonly also: readonly { readonly name: string; readonly place: AnswerPlace }[]
}

export type SigningAlgorithm =
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'EdDSA'
  | 'HS256'
  | 'HS384'
  | 'HS512'

/** A key that signs JWTs. */
export interface AssertionKey {
  readonly algorithm: SigningAlgorithm
  /**
   * Gives a PEM text: PKCS#8, PKCS#1 or SEC1; `\n` written out as two characters counts as a line break. For the HS
   * algorithms the secret, in `secretEncoding`.
   */
  readonly privateKey: Template
  readonly secretEncoding: 'utf8' | 'base64' | 'base64url' | 'hex'
  /** `kid` in the JWT's head. */
  readonly keyId: Template | undefined
}

/** The `oauth` section of an app: how its grants are refreshed (RFC 6749, 6). */
export interface RefreshTokenSettings {
  /** Where a code is exchanged, and a token refreshed unless there is a URL for that. */
  readonly tokenUrl: UrlTemplate
  readonly refreshUrl: UrlTemplate | undefined
  /** The app's own OAuth client; undefined when every account has to bring one. */
  readonly clientId: Template | undefined
  readonly clientSecret: Template | undefined
  readonly clientAuth: 'basic' | 'post' | 'private_key_jwt' | 'none'
  /** Only with `private_key_jwt` (RFC 7523, 2.2). */
  readonly assertion: {
    readonly algorithm: SigningAlgorithm
    /** A PEM text; undefined means the client's secret. */
    readonly privateKey: Template | undefined
    readonly keyId: Template | undefined
    /** `aud`; undefined means the resolved token URL. */
    readonly audience: Template | undefined
  }
  /** Further fields of the request. They and the headers may use `credentials.client_id` and `client_secret`. */
  readonly parameters: readonly NamedTemplate[]
  readonly headers: readonly NamedTemplate[]
  readonly body: 'form' | 'json'
  /** `also` holds `oauth_refresh_token`: one that is absent in the answer is left as it was. */
  readonly answer: TokenAnswer
  /** The access token is a JWT whose `exp` says when it ends; asked when the answer does not say. */
  readonly expiryInToken: boolean
  readonly scope: AnswerPlace
  /** Undefined: white space or commas. */
  readonly scopeSeparator: string | undefined
  /** Where an answer names its error, whatever its status. */
  readonly error: AnswerPlace
  /** Errors that say that the grant is void: `invalid_grant`, and what this vendor says instead. */
  readonly refusals: readonly string[]
}

export interface JwtBearerSettings {
  /** Undefined when the JWT itself is the token. */
  readonly tokenUrl: UrlTemplate | undefined
  /** Undefined when `serviceAccount` gives the key. */
  readonly key: AssertionKey | undefined
  /** Gives Google's key file as JSON text, of which `client_email` (as issuer), `private_key` and `private_key_id` are used. RS256. */
  readonly serviceAccount: Template | undefined
  /** `iss`; undefined with a service account. */
  readonly issuer: Template | undefined
  readonly subject: Template | undefined
  /** `aud`; undefined means the resolved token URL with `assertion`, and no such claim otherwise. */
  readonly audience: Template | undefined
  /** `scope` claim. */
  readonly scope: Template | undefined
  /** Gives an object of further claims, which win over the ones above. */
  readonly claims: JsonTemplate | undefined
  /** From `iat` to `exp`. */
  readonly lifetimeSeconds: number
  /** How far before now `iat` lies. */
  readonly backdateSeconds: number
  /**
   * `assertion`: a form with `grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer` and `assertion` (RFC 7523, 2.1).
   * `bearer`: the JWT as `Authorization: Bearer` of a POST (GitHub App). `itself`: the JWT is the access token, which
   * ends at its `exp`; nothing is sent, and `answer` is of no use.
   */
  readonly present: 'assertion' | 'bearer' | 'itself'
  /** Further form fields; only with `assertion`. */
  readonly parameters: readonly NamedTemplate[]
  /** JSON body; only with `bearer`. */
  readonly json: JsonTemplate | undefined
  readonly headers: readonly NamedTemplate[]
  readonly answer: TokenAnswer
}

export interface ClientCredentialsSettings {
  readonly tokenUrl: UrlTemplate
  readonly clientId: Template
  /** Undefined with `private_key_jwt`. */
  readonly clientSecret: Template | undefined
  readonly clientAuth: 'basic' | 'post' | 'private_key_jwt'
  /** Only with `private_key_jwt` (RFC 7523, 2.2). */
  readonly key: AssertionKey | undefined
  /** Joined by `scopeSeparator` as `scope`; empty leaves it out. */
  readonly scopes: readonly string[]
  readonly scopeSeparator: string
  /** Further form fields; one named `grant_type` replaces `client_credentials`. */
  readonly parameters: readonly NamedTemplate[]
  readonly headers: readonly NamedTemplate[]
  readonly answer: TokenAnswer
}

export interface SessionSettings {
  readonly url: UrlTemplate
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly query: readonly NamedTemplate[]
  readonly headers: readonly NamedTemplate[]
  readonly body: SessionBody | undefined
  readonly answer: TokenAnswer
  /** Statuses that say the login itself is wrong, so that the account is dead. */
  readonly refusedStatuses: readonly number[]
}

export type SessionBody =
  | { readonly type: 'json'; readonly json: JsonTemplate }
  /** `application/x-www-form-urlencoded`. */
  | { readonly type: 'form'; readonly fields: readonly NamedTemplate[] }
  /** Bytes in UTF-8; its `content-type` stands in `headers`. */
  | { readonly type: 'text'; readonly text: Template }

/**
 * STS `AssumeRole`. Gives `credentials.aws_access_key_id`, `aws_secret_access_key`, `aws_session_token`, and the
 * answer's `Expiration` as the end.
 */
export interface AssumeRoleSettings {
  /** Endpoint of STS. */
  readonly url: UrlTemplate
  /** Region that the call to STS is signed for. */
  readonly region: Template
  readonly roleArn: Template
  readonly externalId: Template | undefined
  readonly sessionName: Template
  /** 900 to 43,200. */
  readonly durationSeconds: number
  /** The caller's own keys. */
  readonly accessKeyId: Template
  readonly secretAccessKey: Template
  readonly sessionToken: Template | undefined
}

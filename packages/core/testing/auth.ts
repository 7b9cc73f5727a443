import type { App } from '../src/app.js'
import type { AppDefinition, AuthEntry } from '../src/app-definition.js'
import { AppDefinitionError, compileApp } from '../src/app-registry.js'
import type { Injection, RequestDescription } from '../src/ports/auth-strategy.js'
import { Secret } from '../src/secret.js'
import { parseTarget } from '../src/target.js'

/** Fields that the test app has. */
const fields = ['api_key', 'secret', 'username', 'password', 'client_id', 'client_secret', 'private_key', 'region']
const awsFields = ['access_key_id', 'secret_access_key', 'role_arn', 'login_customer_id', 'consumer_key']

/** An app on localhost whose `auth` is these entries. */
export function appWith(auth: readonly AuthEntry[], change: Partial<AppDefinition> = {}): App {
  const custom_fields = [...fields, ...awsFields, 'consumer_secret', 'token_secret', 'subdomain'].map((name) => ({
    name,
  }))
  return compileApp({
    name_slug: 'acme',
    name: 'Acme',
    auth_type: 'keys',
    custom_fields,
    connect: { base_proxy_target_url: 'https://api.example.com' },
    auth,
    ...change,
  })
}

/** The faults of an app with these entries, as `field message` lines; none when it compiles. */
export function faultsOf(...auth: readonly AuthEntry[]): string[] {
  try {
    appWith(auth)
    return []
  } catch (error) {
    if (!(error instanceof AppDefinitionError)) throw error
    return error.faults.map(({ fault }) => `${fault.field} ${fault.message}`)
  }
}

export interface TestRequest {
  readonly method?: string
  readonly url?: string
  readonly headers?: readonly string[]
  readonly body?: string | Buffer
  readonly bodyIsStream?: boolean
  readonly now?: number
  readonly customFields?: Readonly<Record<string, string>>
  readonly credentials?: Readonly<Record<string, string>>
}

/** What the first entry sets for a request. */
export function injectInto(app: App, request: TestRequest = {}): Injection {
  const [auth] = app.auth
  if (auth === undefined) throw new Error('the app has no auth entry')
  const { customFields = {}, credentials = {} } = request
  return auth.inject(new Secret({ customFields, credentials }), describeRequest(request))
}

function describeRequest(request: TestRequest): RequestDescription {
  const {
    method = 'GET',
    url = 'https://api.example.com/',
    headers = [],
    body,
    bodyIsStream = false,
    now = 0,
  } = request
  return {
    method,
    target: parseTarget(url),
    headers,
    body: body === undefined ? undefined : Buffer.from(body),
    bodyIsStream,
    now,
  }
}

/** What a call throws, as `code message`. */
export function refusalOf(call: () => unknown): string {
  try {
    call()
  } catch (error) {
    return error instanceof Error && 'code' in error ? `${error.code} ${error.message}` : String(error)
  }
  return 'not refused'
}

import { externalIdPrefix } from '../integrations/external-id.js'
import { integrationKeyPattern, integrationKeyText } from '../names.js'
import { type FoundIntegration, findIntegration } from '../routes/route-parts.js'
import type { MoveOptions } from './move-connections.js'
import type { SourceIntegration, SourceRow } from './nango-host.js'

/** An integration here for one there. */
export interface MovedIntegration extends FoundIntegration {
  /** What the integration holds there for all of its connections. */
  readonly shared: SourceIntegration
}

export interface IntegrationMover {
  /** The integration of a connection, made here when it is not; or why there is none. */
  find(row: SourceRow): Promise<MovedIntegration | { readonly reason: string }>
}

type Options = Pick<MoveOptions, 'host' | 'scope' | 'apps' | 'integrations' | 'keepsClients' | 'appOf' | 'isDryRun'>

/** Each integration is looked at once. */
export function createIntegrationMover(options: Options, tell: (note: string) => void): IntegrationMover {
  const { host, scope, integrations, isDryRun = false } = options
  const known = new Map<string, Promise<MovedIntegration | { readonly reason: string }>>()

  async function load({ provider_config_key: key, provider }: SourceRow) {
    if (!integrationKeyPattern.test(key)) return { reason: `provider_config_key: ${integrationKeyText}` }
    const found = (await findIntegration(options, scope, key)) ?? (await make(key, provider ?? key))
    if (found === undefined) {
      const called = provider === undefined || provider === null || provider === key ? key : `${key} or ${provider}`
      return { reason: `provider: no app is called ${called} here; define it, or name one with --apps ${key}=SLUG` }
    }
    const shared = await host.integration(key)
    return { ...found, ...(await moveClient(found, shared)), shared }
  }

  /** Under the name that callers know, of the app that its provider is here. */
  async function make(key: string, provider: string): Promise<FoundIntegration | undefined> {
    const app = options.apps.find(options.appOf?.get(key) ?? provider)
    if (app === undefined) return undefined
    const made = { key, app, prefix: externalIdPrefix(key), stored: undefined }
    if (isDryRun) return made
    const stored = await integrations.create(scope, { key, app: app.slug, displayName: undefined })
    return { ...made, stored: stored ?? (await integrations.read(scope, key)) }
  }

  /** A refresh token works for the client alone that it was given to. */
  async function moveClient(
    { key, app, stored }: FoundIntegration,
    shared: SourceIntegration,
  ): Promise<Partial<Pick<FoundIntegration, 'stored'>>> {
    const { oauth } = app.definition
    if (app.definition.auth_type !== 'oauth' || app.renewal === undefined) return {}
    const { client_id: clientId, client_secret: clientSecret, scopes } = shared ?? {}
    if (oauth?.client_id !== undefined && oauth.client_id === clientId) return {}
    if (stored?.oauthAppId !== undefined) return {}
    if (typeof clientId !== 'string' || typeof clientSecret !== 'string' || clientId === '' || clientSecret === '') {
      if (oauth?.client_id === undefined) {
        tell(
          `${key}: the host does not tell its OAuth client: give it to this server, or tokens cannot be renewed here`,
        )
      }
      return {}
    }
    if (!options.keepsClients) {
      tell(`${key}: encryption.keys is needed to keep its OAuth client: without it tokens cannot be renewed here`)
      return {}
    }
    if (isDryRun) return {}
    if (stored === undefined) await integrations.create(scope, { key, app: app.slug, displayName: undefined })
    const client = { clientId, clientSecret, scopes: textsOf(scopes) }
    const changed = await integrations.setClient(scope, key, client)
    return changed === undefined ? {} : { stored: changed }
  }

  return {
    find(row) {
      const before = known.get(row.provider_config_key)
      if (before !== undefined) return before
      const loading = load(row)
      known.set(row.provider_config_key, loading)
      return loading
    },
  }
}

/** `a,b` or `a b`. */
function textsOf(scopes: unknown): readonly string[] {
  return typeof scopes === 'string' ? scopes.split(/[\s,]+/).filter((text) => text !== '') : []
}

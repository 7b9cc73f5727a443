import { randomBytes } from 'node:crypto'
import { type Clock, type Dialect, hasScope, keyDigest, type Refresher, type StaticKey } from '@proxy/core'
import { type ConnectSessions, createIntegrations, type Integrations, nangoDialect } from '@proxy/dialect-nango'
import { makerOf } from '@proxy/dialect-pipedream'
import type { Config } from './config.js'
import type { Identity, State } from './parts.js'

/** Nango's wire form, composed. */
export interface ComposedNango {
  readonly dialect: Dialect
  readonly integrations: Integrations
}

/** The key for calls of this machine that have none; undefined unless the configuration allows them. */
export interface LocalKey {
  readonly key: string
  readonly staticKey: StaticKey
}

export function localKeyOf({ nango: { localDevelopment } }: Config): LocalKey | undefined {
  if (localDevelopment === undefined) return undefined
  const key = randomBytes(32).toString('base64url')
  return { key, staticKey: { id: 'local', digest: keyDigest(key), ...localDevelopment, scopes: ['*'] } }
}

export function composeNango(
  config: Config,
  { storage }: State,
  clock: Clock,
  { authenticator, dialect }: Identity,
  refresher: Refresher,
  localKey: LocalKey | undefined,
): ComposedNango {
  const { sealer, connectTokens } = dialect
  const integrations = createIntegrations({ documents: storage, clock, ...(sealer && { sealer }) })
  return {
    integrations,
    dialect: nangoDialect({
      storage,
      apps: config.registry,
      authenticator,
      integrations,
      refresher,
      sessions: connectSessions(connectTokens, config.publicUrl, clock),
      clock,
      publicUrl: config.publicUrl,
      ...(localKey !== undefined && { localKey: localKey.key }),
    }),
  }
}

const sessionMs = 30 * 60_000
/** What the browser of one end user needs. */
const browserScopes = ['connect:accounts:read', 'connect:accounts:write', 'connect:proxy']

/** Sessions are the connect tokens that the other wire form makes, for the same page. */
function connectSessions(
  tokens: Identity['dialect']['connectTokens'],
  publicUrl: string,
  clock: Clock,
): ConnectSessions {
  return {
    async create({ project, environment, externalUserId, choices, maker, keyDigest, account }) {
      const expiresAt = clock.now() + sessionMs
      const token = await tokens.create(
        {
          project,
          environment,
          externalUserId,
          scopes: browserScopes.filter((scope) => hasScope(maker.scopes, scope)),
          ...makerOf(maker, keyDigest),
          allowedOrigins: undefined,
          appId: undefined,
          choices,
          oauthAppId: undefined,
          accountId: account,
          successRedirectUri: undefined,
          errorRedirectUri: undefined,
          webhookUri: undefined,
        },
        expiresAt,
      )
      const app = choices?.length === 1 ? choices[0]?.app : undefined
      const selected = app === undefined ? '' : `&app=${encodeURIComponent(app)}`
      return { token, expiresAt, link: `${publicUrl}/_static/connect.html?token=${token}&connectLink=true${selected}` }
    },
  }
}

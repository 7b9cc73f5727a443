import { randomBytes } from 'node:crypto'
import { type AppNames, type Clock, type DocumentStore, type Scope, type Sealer, systemClock } from '@proxy/core'
import { z } from 'zod'
import { externalIdPrefix } from './external-id.js'
import { type OAuthClientSettings, oauthClientStore, type ShownOAuthClient } from './oauth-client-store.js'

export interface IntegrationsOptions {
  readonly documents: DocumentStore
  /** Seals the secrets of OAuth clients that come with integrations; without it they are stored in plain. */
  readonly sealer?: Sealer
  readonly clock?: Pick<Clock, 'now'>
}

/** An integration that a caller made: a name of its own for an app, or settings for an app under its own name. */
export interface Integration {
  readonly key: string
  /** The app's slug. */
  readonly app: string
  readonly displayName: string | undefined
  /** The project's OAuth client that its connections use. */
  readonly oauthAppId: string | undefined
  readonly createdAt: number
  readonly updatedAt: number
}

/** Integrations that callers made, by project and environment. */
export interface Integrations extends AppNames {
  read(scope: Scope, key: string): Promise<Integration | undefined>
  /** Ascending by key. */
  list(scope: Scope): Promise<readonly Integration[]>
  /** Undefined when the key is taken. */
  create(scope: Scope, wish: Pick<Integration, 'key' | 'app' | 'displayName'>): Promise<Integration | undefined>
  /** Undefined when it is gone. */
  rename(scope: Scope, key: string, displayName: string): Promise<Integration | undefined>
  /** Gives the integration this OAuth client, or changes the one it has. Undefined when the integration is gone. */
  setClient(scope: Scope, key: string, client: OAuthClientSettings): Promise<Integration | undefined>
  readClient(scope: Scope, oauthAppId: string): Promise<ShownOAuthClient | undefined>
  delete(scope: Scope, key: string): Promise<boolean>
}

const kind = 'integration'

const recordSchema = z.object({
  app: z.string(),
  display_name: z.string().optional(),
  oauth_app_id: z.string().optional(),
  created_at: z.number(),
  updated_at: z.number(),
})

type Record = z.output<typeof recordSchema>

/** Integrations in the document store. */
export function createIntegrations(options: IntegrationsOptions): Integrations {
  const { documents } = options
  const clock = options.clock ?? systemClock()
  const clients = oauthClientStore(documents, options.sealer, clock)

  async function load(scope: Scope, key: string): Promise<{ record: Record; version: number } | undefined> {
    const document = await documents.readDocument(kind, documentId(scope, key))
    const parsed = recordSchema.safeParse(document?.value)
    return document === undefined || !parsed.success ? undefined : { record: parsed.data, version: document.version }
  }

  async function change(scope: Scope, key: string, over: Partial<Record>): Promise<Integration | undefined> {
    for (let attempt = 0; attempt < attemptsMost; attempt += 1) {
      const loaded = await load(scope, key)
      if (loaded === undefined) return undefined
      const value = { ...loaded.record, ...over, updated_at: clock.now() }
      const stored = await documents.writeDocument({ kind, id: documentId(scope, key), value }, loaded.version)
      if (stored !== undefined) return toIntegration(key, value)
    }
    return undefined
  }

  return {
    async find(name, scope) {
      const loaded = await load(scope, name)
      return loaded === undefined ? undefined : { app: loaded.record.app, externalIdPrefix: externalIdPrefix(name) }
    },
    async read(scope, key) {
      const loaded = await load(scope, key)
      return loaded === undefined ? undefined : toIntegration(key, loaded.record)
    },
    async list(scope) {
      const prefix = documentId(scope, '')
      return (await documents.listDocuments(kind, prefix)).flatMap(({ id, value }) => {
        const parsed = recordSchema.safeParse(value)
        return parsed.success ? [toIntegration(id.slice(prefix.length), parsed.data)] : []
      })
    },
    async create(scope, { key, app, displayName }) {
      const now = clock.now()
      const value: Record = {
        app,
        created_at: now,
        updated_at: now,
        ...(displayName !== undefined && { display_name: displayName }),
      }
      const stored = await documents.writeDocument({ kind, id: documentId(scope, key), value }, 0)
      return stored === undefined ? undefined : toIntegration(key, value)
    },
    rename: (scope, key, displayName) => change(scope, key, { display_name: displayName }),
    async setClient(scope, key, client) {
      const loaded = await load(scope, key)
      if (loaded === undefined) return undefined
      const id = loaded.record.oauth_app_id ?? `oa_${randomBytes(8).toString('hex')}`
      await clients.write(scope, id, loaded.record.app, client)
      return change(scope, key, { oauth_app_id: id })
    },
    readClient: (scope, oauthAppId) => clients.read(scope, oauthAppId),
    async delete(scope, key) {
      const loaded = await load(scope, key)
      if (loaded === undefined) return false
      const { oauth_app_id: client } = loaded.record
      if (client !== undefined) await clients.delete(scope, client)
      return documents.deleteDocument(kind, documentId(scope, key))
    },
  }
}

const attemptsMost = 5

/** Unambiguous, since neither a project's id nor an environment holds a slash. */
function documentId({ project, environment }: Scope, key: string): string {
  return `${project}/${environment}/${key}`
}

function toIntegration(key: string, record: Record): Integration {
  return {
    key,
    app: record.app,
    displayName: record.display_name,
    oauthAppId: record.oauth_app_id,
    createdAt: record.created_at,
    updatedAt: record.updated_at,
  }
}

import {
  type Clock,
  type DocumentStore,
  oauthClientDocumentId,
  oauthClientKind,
  oauthClientSealContext,
  type Scope,
  type Sealer,
} from '@proxy/core'
import { z } from 'zod'

export interface OAuthClientSettings {
  readonly clientId: string
  readonly clientSecret: string
  readonly scopes: readonly string[]
}

/** A client without its secret, which is never given out. */
export type ShownOAuthClient = Omit<OAuthClientSettings, 'clientSecret'>

const recordSchema = z.object({
  app: z.string(),
  client_id: z.string(),
  client_secret: z.string(),
  scopes: z.array(z.string()),
  additional_scopes: z.array(z.string()),
  created_at: z.number(),
  updated_at: z.number(),
})

/** The project's own OAuth clients, stored where the exchange of tokens looks for them. */
export function oauthClientStore(documents: DocumentStore, sealer: Sealer | undefined, clock: Pick<Clock, 'now'>) {
  return {
    async write({ project }: Scope, id: string, app: string, client: OAuthClientSettings): Promise<void> {
      const now = clock.now()
      const value: z.output<typeof recordSchema> = {
        app,
        client_id: client.clientId,
        client_secret: sealer?.seal(client.clientSecret, oauthClientSealContext(project, id)) ?? client.clientSecret,
        scopes: [...client.scopes],
        additional_scopes: [],
        created_at: now,
        updated_at: now,
      }
      const document = { kind: oauthClientKind, id: oauthClientDocumentId(project, id), value }
      await documents.writeDocument(document, undefined)
    },
    async read({ project }: Scope, id: string): Promise<ShownOAuthClient | undefined> {
      const document = await documents.readDocument(oauthClientKind, oauthClientDocumentId(project, id))
      const parsed = recordSchema.safeParse(document?.value)
      return parsed.success ? { clientId: parsed.data.client_id, scopes: parsed.data.scopes } : undefined
    },
    async delete({ project }: Scope, id: string): Promise<void> {
      await documents.deleteDocument(oauthClientKind, oauthClientDocumentId(project, id))
    },
  }
}

import { type DocumentStore, oauthClientDocumentId, oauthClientKind, type StoredDocument } from '@proxy/core'
import { z } from 'zod'

const recordSchema = z.object({
  app: z.string(),
  client_id: z.string(),
  /** Sealed text, or plain when the server has no encryption key. */
  client_secret: z.string(),
  name: z.string().optional(),
  description: z.string().optional(),
  scopes: z.array(z.string()),
  additional_scopes: z.array(z.string()),
  created_at: z.number(),
  updated_at: z.number(),
})

/** What is stored of an OAuth client. Times are epoch milliseconds. */
export type OAuthAppRecord = z.output<typeof recordSchema>

export interface StoredOAuthApp {
  readonly id: string
  readonly version: number
  readonly record: OAuthAppRecord
}

export async function readOAuthApp(
  documents: DocumentStore,
  project: string,
  id: string,
): Promise<StoredOAuthApp | undefined> {
  const document = await documents.readDocument(oauthClientKind, oauthClientDocumentId(project, id))
  return document === undefined ? undefined : read(document, project)
}

export async function oauthAppExists(documents: DocumentStore, project: string, id: string): Promise<boolean> {
  return (await readOAuthApp(documents, project, id)) !== undefined
}

/** Ascending by id. */
export async function listOAuthApps(documents: DocumentStore, project: string): Promise<readonly StoredOAuthApp[]> {
  const found = await documents.listDocuments(oauthClientKind, oauthClientDocumentId(project, ''))
  return found.flatMap((document) => read(document, project) ?? [])
}

/** False when the record was changed or deleted meanwhile; version 0 is a new one. */
export async function writeOAuthApp(
  documents: DocumentStore,
  project: string,
  { id, version, record }: StoredOAuthApp,
): Promise<boolean> {
  const document = { kind: oauthClientKind, id: oauthClientDocumentId(project, id), value: record }
  return (await documents.writeDocument(document, version)) !== undefined
}

export async function deleteOAuthApp(documents: DocumentStore, project: string, id: string): Promise<boolean> {
  return documents.deleteDocument(oauthClientKind, oauthClientDocumentId(project, id))
}

function read(document: StoredDocument, project: string): StoredOAuthApp | undefined {
  const result = recordSchema.safeParse(document.value)
  if (!result.success) return undefined
  return { id: document.id.slice(project.length + 1), version: document.version, record: result.data }
}

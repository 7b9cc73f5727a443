/** Where the OAuth client that a project brought along is stored among the documents, and what its secret is sealed under. */
export const oauthClientKind = 'oauth-app'

/** Unambiguous, since a project's id holds no slash. */
export function oauthClientDocumentId(project: string, id: string): string {
  return `${project}/${id}`
}

/** The secret opens for this record alone. */
export function oauthClientSealContext(project: string, id: string): readonly string[] {
  return ['oauth-app', project, id]
}

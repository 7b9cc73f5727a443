/** What the secret of a project's OAuth client is sealed under: it opens for this record alone. */
export function oauthAppSecretContext(project: string, id: string): readonly string[] {
  return ['oauth-app', project, id]
}

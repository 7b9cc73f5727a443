/** A connection id cannot begin with `#`, nor a key hold `/`, so that no two pairs of them make one external id. */
export function externalIdPrefix(key: string): string {
  return `#${key}/`
}

/** The caller's own name for an account's app, and its connection id; the name is undefined for the app's own. */
export function readExternalId(externalId: string): {
  readonly key: string | undefined
  readonly connectionId: string
} {
  const [, key, connectionId] = /^#([^/]+)\/(.*)$/s.exec(externalId) ?? []
  return connectionId === undefined ? { key: undefined, connectionId: externalId } : { key, connectionId }
}

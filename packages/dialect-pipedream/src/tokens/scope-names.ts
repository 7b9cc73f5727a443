/** Every scope that a client may hold or ask for (section 2 of the contract). */
export const scopeNames = [
  '*',
  'connect:*',
  'connect:proxy',
  'connect:accounts:read',
  'connect:accounts:write',
  'connect:users:read',
  'connect:users:write',
  'connect:projects:read',
  'connect:projects:write',
  'connect:usage:read',
  'connect:tokens:create',
  'connect:actions:*',
  'connect:triggers:*',
  'connect:deployed_triggers:read',
  'connect:deployed_triggers:write',
  'connect:workflow:invoke',
] as const

export type ScopeName = (typeof scopeNames)[number]

const known: ReadonlySet<string> = new Set(scopeNames)

export function isScopeName(text: string): text is ScopeName {
  return known.has(text)
}

/** The names in a space separated list, each once; undefined when one is unknown or the list is empty. */
export function parseScopes(text: string): readonly ScopeName[] | undefined {
  const names = new Set<ScopeName>()
  for (const name of text.split(' ')) {
    if (name === '') continue
    if (!isScopeName(name)) return undefined
    names.add(name)
  }
  return names.size === 0 ? undefined : [...names]
}

/** The names under which accounts may know an app, of a definition that may be wrong in any way. */
export function namesOf(definition: unknown): readonly string[] {
  if (typeof definition !== 'object' || definition === null) return []
  const { name_slug: slug, aliases }: { name_slug?: unknown; aliases?: unknown } = definition
  return [slug, ...(Array.isArray(aliases) ? aliases : [])].filter((name) => typeof name === 'string')
}

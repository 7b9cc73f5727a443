import type { Probed } from './probe-app.js'

/**
 * What a probe changes in an entry of the catalogue, by slug: a merge patch (RFC 7396) of data alone. Nothing for an app
 * that did not agree in everything it was asked.
 */
export function patchOf({ app, level, additions }: Probed, today: string): readonly [string, object][] {
  if (level !== 'probed') return []
  const provenance = { level: 'probed', checked: today }
  return [[app.slug, { ...(additions.revoke_url !== undefined && { oauth: additions }), provenance }]]
}

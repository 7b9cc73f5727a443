/**
 * One string for a tuple of free texts, different for every different tuple: each part stands behind its length.
 * For limits, locks and caches; a plain `a:b` join would let one part pose as two.
 */
export function limitKey(parts: readonly string[]): string {
  let key = ''
  for (const part of parts) key += `${part.length}:${part}`
  return key
}

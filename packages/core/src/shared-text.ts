const texts = new Map<string, string>()
const textsMost = 10_000

/**
 * The same text, as one string for all who ask. Comparing it is comparing a pointer, and with a thousand apps or a
 * hundred thousand accounts it is one place in the caches and not one for each.
 */
export function sharedText(text: string): string {
  const known = texts.get(text)
  if (known !== undefined) return known
  if (texts.size >= textsMost) texts.clear()
  // A part of a string keeps all of it alive.
  const own = Buffer.from(text).toString()
  texts.set(own, own)
  return own
}

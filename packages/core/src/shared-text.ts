const texts = new Map<string, string>()
const textsMost = 10_000

/**
 * The same text, as one string for all who ask. Comparing it is comparing a pointer, and with a thousand apps or a
 * hundred thousand accounts it is one place in the caches and not one for each.
 */
export function sharedText<Text extends string>(text: Text): Text {
  const known = texts.get(text)
  if (known !== undefined) return known as Text
  const own = ownCopy(text)
  // A lone surrogate has no bytes of its own, and stays what it is.
  if (own !== text) return text
  if (texts.size >= textsMost) texts.clear()
  texts.set(own, own)
  return own as Text
}

/** The text in memory of its own: a part of a string keeps all of it alive. */
export function ownCopy(text: string): string {
  return Buffer.from(text).toString()
}

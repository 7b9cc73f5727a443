const texts = new Map<string, string>()
const textsMost = 10_000

/**
 * The same text, as one string for all who ask. Comparing it is comparing a pointer, and with a thousand apps or a
 * hundred thousand accounts it is one place in the caches and not one for each.
 */
export function sharedText<Text extends string>(text: Text): Text {
  const known = texts.get(text)
  if (known !== undefined) return known as Text
  const own = ownText(text)
  if (texts.size >= textsMost) texts.clear()
  texts.set(own, own)
  return own
}

/**
 * The text in memory of its own, in one piece. A part of a string keeps all of it alive, and what was put together letter
 * by letter, as a parser of YAML does, is as many objects until it is first read.
 */
export function ownText<Text extends string>(text: Text): Text {
  const own = Buffer.from(text).toString()
  // A lone surrogate has no bytes of its own, and stays what it is.
  return own === text ? (own as Text) : text
}

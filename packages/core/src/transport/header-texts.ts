/**
 * The texts of a head. Those that lie in one read are cut out of its text: one native call in place of one for each.
 * What is cut out keeps the whole text alive, so that whoever keeps a text for longer than the call copies it.
 */
export function headerTexts(raw: readonly Buffer[], read: Buffer | undefined): string[] {
  const end = read === undefined ? undefined : endWithin(read, raw)
  if (read === undefined || end === undefined) return raw.map((text) => text.toString('latin1'))
  const start = read.byteOffset
  const all = read.toString('latin1', 0, end - start)
  const texts = new Array<string>(raw.length)
  for (let index = 0; index < raw.length; index += 1) {
    const { byteOffset, length } = raw[index] as Buffer
    texts[index] = all.substring(byteOffset - start, byteOffset - start + length)
  }
  return texts
}

/** Where the last text ends; undefined when one lies elsewhere: the parser puts what came in pieces together. */
function endWithin(read: Buffer, raw: readonly Buffer[]): number | undefined {
  const { buffer, byteOffset: start } = read
  let end = start
  for (let index = 0; index < raw.length; index += 1) {
    const text = raw[index] as Buffer
    const { byteOffset } = text
    if (text.buffer !== buffer || byteOffset < start) return undefined
    end = Math.max(end, byteOffset + text.length)
  }
  return end <= start + read.length ? end : undefined
}

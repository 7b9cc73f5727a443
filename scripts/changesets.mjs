/**
 * What is wrong with the text of a changeset, or undefined. One that names no package is right: it says that a change
 * needs no release.
 */
export function changesetFault(text, published) {
  const [, head, summary] = /^---\n(.*?)---\n(.*)$/s.exec(text) ?? []
  if (head === undefined) return 'begins with no --- block'
  const lines = head.split('\n').filter((line) => line !== '')
  for (const line of lines) {
    const [, name, kind] = /^["']([^"']+)["']: (\w+)$/.exec(line) ?? []
    if (!published.includes(name)) return `"${line}" names no published package`
    if (!['patch', 'minor', 'major'].includes(kind)) return `"${line}" is neither patch, minor nor major`
  }
  return lines.length > 0 && summary.trim() === '' ? 'tells users nothing' : undefined
}

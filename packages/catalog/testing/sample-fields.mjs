/** Words that fields with a pattern tend to take. */
const usualWords = ['acme', 'us', 'eu', 'com', 'na1', 'us1', 'us-east-1', 'eu-west-1', 'v1', 'api', '1', '12345', 'us5']

/**
 * A value for each custom field of a definition, the same every time. Secrets are called by their name, so that one
 * that lands in the wrong place is seen.
 *
 * @param {{ custom_fields?: readonly any[] }} definition
 * @returns {Record<string, string>}
 */
export function sampleFields({ custom_fields = [] }) {
  return Object.fromEntries(custom_fields.map((field) => [field.name, sampleField(field)]))
}

function sampleField({ name, format, pattern, default: usual }) {
  if (usual !== undefined && usual !== '') return usual
  if (pattern !== undefined) {
    const whole = new RegExp(`^(?:${pattern})$`)
    return [...usualWords, sampleOf(format, name)].find((word) => whole.test(word)) ?? samplePattern(pattern)
  }
  return sampleOf(format, name)
}

function sampleOf(format, name) {
  switch (format) {
    case 'host-label':
      return 'acme'
    case 'host':
      return 'api.acme.example'
    case 'url':
      return 'https://api.acme.example'
    case 'integer':
      return '12345'
    case 'uuid':
      return '00000000-0000-4000-8000-000000000001'
    default:
      return `sample-${name.replaceAll('_', '-')}`
  }
}

/** A short text that a pattern of the core's kind matches: the first of each choice, the least of each count. */
function samplePattern(pattern) {
  const text = pattern.replace(/^\^/, '').replace(/(?<!\\)\$$/, '')
  const [sample] = readChoice(text, 0)
  return sample
}

function readChoice(text, start) {
  let [first, position] = readSequence(text, start)
  while (text[position] === '|') position = readSequence(text, position + 1)[1]
  return [first, position]
}

function readSequence(text, start) {
  let sample = ''
  let position = start
  while (position < text.length && text[position] !== '|' && text[position] !== ')') {
    const [atom, next] = readAtom(text, position)
    const count = /^(?:[*?+]|\{(\d+)[^}]*\})/.exec(text.slice(next))
    const least = count === null ? 1 : count[1] === undefined ? (count[0] === '+' ? 1 : 0) : Number(count[1])
    sample += atom.repeat(least)
    position = next + (count?.[0].length ?? 0)
  }
  return [sample, position]
}

function readAtom(text, start) {
  const group = /^\((?:\?:)?/.exec(text.slice(start))
  if (group !== null) {
    const [sample, end] = readChoice(text, start + group[0].length)
    return [sample, end + 1]
  }
  const set = /^\[((?:\\.|[^\]\\])*)\]/.exec(text.slice(start))
  if (set !== null) {
    const candidates = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.'
    const matching = new RegExp(set[0])
    return [[...candidates].find((one) => matching.test(one)) ?? 'x', start + set[0].length]
  }
  const escaped = /^\\(.)/.exec(text.slice(start))
  if (escaped !== null) return [{ d: '1', w: 'a', s: ' ' }[escaped[1]] ?? escaped[1], start + 2]
  return [text[start] === '.' ? 'a' : text[start], start + 1]
}

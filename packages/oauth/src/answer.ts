import type { AnswerPlace } from '@proxy/core'

/** A vendor's answer, read whole. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  /** Parsed JSON, or the fields of a form; undefined when it is neither. */
  readonly body: unknown
  readonly text: string
}

export async function readAnswer(response: Response): Promise<Answer> {
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: parse(text), text }
}

/** Some vendors answer JSON under any type, and some a form. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser's own message quotes the text.
    return /^[\w.-]+=[^\s<>]*$/.test(text) ? Object.fromEntries(new URLSearchParams(text)) : undefined
  }
}

/** The value at a place; undefined when there is none. Own properties only. */
function valueAt(answer: Answer, place: AnswerPlace): unknown {
  if (place.from === 'header') return answer.headers.get(place.name) ?? undefined
  if (place.from === 'cookie') return cookieOf(answer.headers, place.name)
  let value = answer.body
  for (const step of place.pointer.split('/').slice(1)) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    value = (value as Readonly<Record<string, unknown>>)[name]
  }
  return value
}

/** The text at a place; undefined for an empty one, and for what is neither text nor number. */
export function textAt(answer: Answer, place: AnswerPlace): string | undefined {
  const value = valueAt(answer, place)
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value !== '' ? value : undefined
}

function cookieOf(headers: Headers, name: string): string | undefined {
  for (const line of headers.getSetCookie()) {
    const [pair = ''] = line.split(';')
    const split = pair.indexOf('=')
    if (split !== -1 && pair.slice(0, split).trim() === name) return pair.slice(split + 1).trim()
  }
  return undefined
}

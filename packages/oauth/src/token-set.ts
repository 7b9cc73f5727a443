import type { AnswerPlace, TokenAnswer } from '@proxy/core'
import { type Answer, textAt } from './answer.js'

export interface ReadTokens {
  readonly credentials: Readonly<Record<string, string>>
  /** Epoch milliseconds. */
  readonly expiresAt: number | undefined
  /** The answer itself says when the token ends, rather than the app's settings. */
  readonly saysEnd: boolean
}

/** Above this a number is milliseconds: as seconds it would be past the year 5000. */
const millisecondsFrom = 100_000_000_000
/** Beyond this, `Date` has no more room. */
const latest = 8_640_000_000_000_000

/** The tokens in an answer; undefined when there is no access token in it. A login may answer with a redirect. */
export function tokenSet(answer: Answer, wanted: TokenAnswer, now: number): ReadTokens | undefined {
  const token = answer.status < 200 || answer.status > 399 ? undefined : textAt(answer, wanted.token)
  if (token === undefined) return undefined
  const credentials: Record<string, string> = {}
  for (const { name, place } of wanted.also) {
    const value = textAt(answer, place)
    if (value !== undefined) credentials[name] = value
  }
  credentials.oauth_access_token = token
  const said = endAt(answer, wanted.expiresAt) ?? endAfter(answer, wanted.expiresIn, now)
  const { lifetimeSeconds } = wanted
  const usual = lifetimeSeconds === undefined ? undefined : now + lifetimeSeconds * 1000
  return { credentials, expiresAt: said ?? usual, saysEnd: said !== undefined }
}

function endAt(answer: Answer, place: AnswerPlace | undefined): number | undefined {
  const text = place && textAt(answer, place)
  if (text === undefined) return undefined
  const number = Number(text)
  const time = Number.isNaN(number) ? Date.parse(text) : number >= millisecondsFrom ? number : number * 1000
  return possible(Math.floor(time))
}

/** Zero seconds is how some vendors say that a token does not end. */
function endAfter(answer: Answer, place: AnswerPlace | undefined, now: number): number | undefined {
  const seconds = Number((place && textAt(answer, place)) ?? Number.NaN)
  return seconds > 0 ? possible(now + Math.floor(seconds * 1000)) : undefined
}

function possible(time: number): number | undefined {
  return time > 0 && time <= latest ? time : undefined
}

/** `exp` of a JWT, unverified: it only says when to ask for the next one. Undefined when it is none. */
export function endOfJwt(token: string): number | undefined {
  const [, payload, signature] = token.split('.')
  if (payload === undefined || signature === undefined) return undefined
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString())
    const end = typeof claims === 'object' && claims !== null && 'exp' in claims ? claims.exp : undefined
    return typeof end === 'number' ? possible(Math.floor(end * 1000)) : undefined
  } catch {
    return undefined
  }
}

/** Granted scopes; undefined when the answer does not name them. */
export function readScopes(
  answer: Answer,
  place: AnswerPlace,
  separator: string | undefined,
): readonly string[] | undefined {
  const text = textAt(answer, place)
  if (text === undefined) return undefined
  const parts = separator === undefined || separator.trim() === '' ? text.split(/[\s,]+/) : text.split(separator)
  return parts.map((scope) => scope.trim()).filter((scope) => scope !== '')
}

import { findHeader } from './headers.js'
import { readHttpDate } from './http-date.js'
import type { CompiledRetryRules } from './retry-rules.js'

const firstBackoffMs = 3_000
const longestBackoffMs = 600_000
/** Of the backoff, to either side. */
const jitter = 0.2
/** A server that means it does not send callers away for more than a year. */
const absurdMs = 366 * 86_400_000
/** Above this a number is milliseconds: as seconds it would be past the year 5000. */
const millisecondsFrom = 100_000_000_000

/**
 * Milliseconds that an answer asks to wait: the longest of what the app's own headers say, else `Retry-After`. Undefined
 * when it says nothing, or nothing that can be meant: a time that is past, negative or absurdly far.
 */
export function statedWaitMs(headers: readonly string[], rules: CompiledRetryRules, now: number): number | undefined {
  let longest: number | undefined
  const consider = (waitMs: number | undefined): void => {
    if (waitMs !== undefined && (longest === undefined || waitMs > longest)) longest = waitMs
  }
  for (const name of rules.at) consider(until(findHeader(headers, name), now))
  for (const name of rules.after) consider(seconds(findHeader(headers, name)))
  return longest ?? retryAfter(findHeader(headers, 'retry-after'), now)
}

/** Milliseconds before the retry of this number, from 0 on, when nobody says how long. `random` is from 0 to below 1. */
export function backoffMs(retry: number, random: () => number): number {
  const usual = Math.min(firstBackoffMs * 2 ** retry, longestBackoffMs)
  return Math.round(usual * (1 - jitter + 2 * jitter * random()))
}

/** RFC 9110, 10.2.3: seconds or a date. */
function retryAfter(text: string | undefined, now: number): number | undefined {
  return seconds(text) ?? until(text, now)
}

/** A date, or a number that counts from 1970 in seconds or milliseconds. */
function until(text: string | undefined, now: number): number | undefined {
  const moment = text?.trim()
  if (moment === undefined || moment === '') return undefined
  const number = readNumber(moment)
  const time = number === undefined ? readHttpDate(moment) : number * (number >= millisecondsFrom ? 1 : 1000)
  if (time === undefined || time <= now || time - now > absurdMs) return undefined
  return Math.ceil(time - now)
}

function seconds(text: string | undefined): number | undefined {
  const number = text === undefined ? undefined : readNumber(text.trim())
  if (number === undefined || number * 1000 > absurdMs) return undefined
  return Math.ceil(number * 1000)
}

function readNumber(text: string): number | undefined {
  return /^\d{1,20}(?:\.\d{1,9})?$/.test(text) ? Number(text) : undefined
}

import { z } from 'zod'

const durationUnits: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const sizeUnits: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
}

const durationPattern = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/
const sizePattern = /^(\d{1,12}(?:\.\d{1,3})?)(B|kB|MB|GB|KiB|MiB|GiB)$/

/** A text such as `500ms`, `30s`, `5m`, `1h`, `1d`, or a number of seconds; read as milliseconds. */
export function duration(leastMs: number, mostMs: number) {
  const message = `must be a duration such as 500ms, 30s, 5m or 1h, from ${sayMs(leastMs)} to ${sayMs(mostMs)}`
  return z
    .union([z.string().regex(durationPattern, { error: message }), z.number().min(0, { error: message })], {
      error: message,
    })
    .transform((value) => (typeof value === 'number' ? value * 1_000 : measure(value, durationPattern, durationUnits)))
    .refine((value) => value >= leastMs && value <= mostMs, { error: message })
    .meta({ description: message })
}

/** A text such as `64KiB`, `100MiB`, `5GB`, or a number of bytes; read as bytes. */
export function size(leastBytes: number, mostBytes: number) {
  const message = `must be a size such as 64KiB, 100MiB or 1GiB, from ${leastBytes} to ${mostBytes} bytes`
  return z
    .union([z.string().regex(sizePattern, { error: message }), z.int().min(0, { error: message })], { error: message })
    .transform((value) => (typeof value === 'number' ? value : measure(value, sizePattern, sizeUnits)))
    .refine((value) => value >= leastBytes && value <= mostBytes, { error: message })
    .meta({ description: message })
}

/** A whole number; also as the text that a variable expands to. */
export function wholeNumber(least: number, most: number) {
  const message = `must be a whole number from ${least} to ${most}`
  return z
    .union([z.int({ error: message }), z.string().regex(/^\d{1,15}$/, { error: message })], { error: message })
    .transform(Number)
    .refine((value) => value >= least && value <= most, { error: message })
    .meta({ description: message })
}

/** `true` or `false`; also as the text that a variable expands to. */
export function flag() {
  return z
    .union([z.boolean(), z.enum(['true', 'false'])], { error: 'must be true or false' })
    .transform((value) => value === true || value === 'true')
}

function measure(text: string, pattern: RegExp, units: Readonly<Record<string, number>>): number {
  const [, amount = '', unit = ''] = pattern.exec(text) ?? []
  return Math.round(Number(amount) * (units[unit] ?? Number.NaN))
}

function sayMs(ms: number): string {
  for (const [unit, factor] of Object.entries(durationUnits).reverse()) {
    if (ms >= factor && ms % factor === 0) return `${ms / factor}${unit}`
  }
  return `${ms}ms`
}

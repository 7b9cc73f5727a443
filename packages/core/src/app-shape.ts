import { AppFault } from './app.js'

/** Checks one value of a definition and adds what is wrong with it to `faults`. */
export type Check = (value: unknown, field: string, faults: AppFault[]) => void

/** A check by a predicate. */
export function check(accepts: (value: unknown) => boolean, message: string): Check {
  return (value, field, faults) => {
    if (!accepts(value)) faults.push(new AppFault(field, message))
  }
}

export const anyText = check((value) => typeof value === 'string', 'must be a string')
export const someText = check((value) => typeof value === 'string' && value !== '', 'must be a non-empty string')
export const boolean = check((value) => typeof value === 'boolean', 'must be true or false')
export const finiteNumber = check((value) => Number.isFinite(value), 'must be a number')
export const anything: Check = () => undefined

export function textLike(pattern: RegExp, message: string): Check {
  return check((value) => typeof value === 'string' && pattern.test(value), message)
}

export function wholeNumber(least: number, most: number): Check {
  return check(
    (value) => Number.isInteger(value) && Number(value) >= least && Number(value) <= most,
    `must be a whole number from ${least} to ${most}`,
  )
}

export function oneOf(...options: readonly string[]): Check {
  return check((value) => typeof value === 'string' && options.includes(value), `must be one of ${options.join(', ')}`)
}

export function list(each: Check): Check {
  return (value, field, faults) => {
    if (!Array.isArray(value)) {
      faults.push(new AppFault(field, 'must be a list'))
      return
    }
    for (const [index, item] of value.entries()) each(item, `${field}[${index}]`, faults)
  }
}

/** An object with any keys. */
export function record(each: Check): Check {
  return (value, field, faults) => {
    if (!isRecord(value)) {
      faults.push(new AppFault(field, 'must be an object'))
      return
    }
    for (const [key, item] of Object.entries(value)) each(item, join(field, key), faults)
  }
}

/** An object with the given keys; others are faults unless `others` checks them. Undefined counts as left out. */
export function shape(keys: Readonly<Record<string, Check>>, required: readonly string[] = [], others?: Check): Check {
  return (value, field, faults) => {
    if (!isRecord(value)) {
      faults.push(new AppFault(field, 'must be an object'))
      return
    }
    for (const key of required) {
      if (value[key] === undefined) faults.push(new AppFault(join(field, key), 'is required'))
    }
    for (const [key, item] of Object.entries(value)) {
      const known = Object.hasOwn(keys, key) ? keys[key] : others
      if (known === undefined) faults.push(new AppFault(join(field, key), unknownKey(key, Object.keys(keys))))
      else if (item !== undefined) known(item, join(field, key), faults)
    }
  }
}

function unknownKey(key: string, known: readonly string[]): string {
  const plain = (text: string) => text.toLowerCase().replace(/[_-]/g, '')
  const meant = known.find((candidate) => plain(candidate) === plain(key))
  return meant === undefined ? `is unknown; known: ${known.join(', ')}` : `is unknown; did you mean ${meant}?`
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function join(field: string, key: string): string {
  return field === '' ? key : `${field}.${key}`
}

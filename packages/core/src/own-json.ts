/** A deep frozen copy of a JSON value, so that nobody can change what is stored through a reference. */
export function ownJson(value: unknown): unknown {
  return value === undefined ? undefined : freezeDeep(JSON.parse(JSON.stringify(value)))
}

/** Freezes a value that was just parsed, with all that is in it, and returns it. */
export function freezeDeep(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  for (const inner of Object.values(value)) freezeDeep(inner)
  return Object.freeze(value)
}

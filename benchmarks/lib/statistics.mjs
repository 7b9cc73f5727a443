/** The smallest of some figures: noise on a shared machine only ever adds. */
export const minimum = (values) => Math.min(...values)

/** The value below which a share (0 to 1) of the figures lies. */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b)
  const position = (sorted.length - 1) * share
  const low = sorted[Math.floor(position)]
  return low + (sorted[Math.ceil(position)] - low) * (position - Math.floor(position))
}

export const median = (values) => quantile(values, 0.5)

/** The items in random order. */
export function shuffled(items) {
  const result = [...items]
  for (let last = result.length - 1; last > 0; last -= 1) {
    const other = Math.floor(Math.random() * (last + 1))
    ;[result[last], result[other]] = [result[other], result[last]]
  }
  return result
}

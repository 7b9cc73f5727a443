const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 }

/** The seconds of a checked setting: a number of them, or a text such as `60s`, `5m`, `1h` or `1d`. */
export function secondsOf(window: number | string): number {
  if (typeof window === 'number') return window
  return Number.parseInt(window, 10) * (unitSeconds[window.at(-1) ?? 's'] ?? 1)
}

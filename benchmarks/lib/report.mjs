import { median, minimum } from './statistics.mjs'

/** Outside this band the same program under two names differed: the run says nothing. */
const sameProgram = { above: 0.9, atMost: 1.11 }
/** A smaller distance from a bar decides nothing on a shared machine. */
const decisive = 0.15

/** A table of Markdown. */
export function table(head, rows) {
  const widths = head.map((cell, column) => Math.max(cell.length, ...rows.map((row) => row[column].length)))
  const line = (cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`
  return [line(head), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...rows.map(line)].join('\n')
}

/** CPU per call of each candidate, cheapest first, with what else the machine did meanwhile. */
export function processorTable(samples) {
  const rows = [...samples]
    .map(([name, list]) => ({ name, list, least: minimum(list.map(({ used }) => used)) }))
    .sort((a, b) => a.least - b.least)
    .map(({ name, list, least }) => {
      const middle = (key) => median(list.map((sample) => sample[key]))
      return [
        name,
        least.toFixed(1),
        middle('used').toFixed(1),
        middle('delayed').toFixed(1),
        percent(middle('steal')),
        percent(middle('otherWork')),
      ]
    })
  return table(['candidate', 'CPU µs min', 'median', 'run delay µs', 'steal', 'other work'], rows)
}

/**
 * Judges ratios of one figure (smaller is better) between candidates.
 * @param figures the figures of each candidate over the rounds, by name
 * @returns one verdict a limit, and whether the product agreed with itself
 */
export function judge({ figures, limits }) {
  const verdicts = limits
    .filter(({ of, to }) => figures.has(of) && figures.has(to))
    .map((limit) => {
      const ratio = ratioOf(figures, limit, minimum)
      return { ...limit, ratio, medianRatio: ratioOf(figures, limit, median), met: within(ratio, limit) }
    })
  const isTwice = figures.has('product') && figures.has('product-again')
  const agreement = isTwice ? ratioOf(figures, { of: 'product-again', to: 'product' }, minimum) : undefined
  return { verdicts, agreement, isVoid: agreement !== undefined && !within(agreement, sameProgram) }
}

/** One verdict for each candidate whose round trips to its store were counted: so many a call. */
export function judgeRoundTrips(samples, atMost) {
  return [...samples]
    .filter(([, list]) => list.some(({ roundTrips }) => roundTrips !== undefined))
    .map(([name, list]) => {
      const trips = list.map(({ roundTrips }) => roundTrips)
      const most = Math.max(...trips)
      return {
        of: `${name}: round trips`,
        to: 'calls',
        ratio: most,
        medianRatio: median(trips),
        atMost,
        met: most <= atMost,
      }
    })
}

export function verdictTable({ verdicts, agreement, isVoid }) {
  const rows = verdicts.map((verdict) => [
    `${verdict.of} : ${verdict.to}`,
    verdict.ratio.toFixed(2),
    verdict.medianRatio.toFixed(2),
    bar(verdict),
    word(verdict, isVoid),
  ])
  if (agreement !== undefined) {
    rows.push(['product-again : product', agreement.toFixed(2), '', '0.90 – 1.11', isVoid ? 'void' : 'valid'])
  }
  return rows.length === 0 ? '' : table(['ratio', 'min', 'median', 'bar', ''], rows)
}

function bar({ above, atMost }) {
  if (atMost === undefined) return ''
  return above === undefined ? `≤ ${atMost}` : `${above} – ${atMost}`
}

function word({ met, ratio, atMost, above }, isVoid) {
  if (isVoid) return 'void'
  if (atMost === undefined) return ''
  const close = above === undefined && Math.abs(ratio / atMost - 1) < decisive ? ', close' : ''
  return `${met ? 'met' : 'NOT MET'}${close}`
}

const within = (ratio, { above = 0, atMost = Number.POSITIVE_INFINITY }) => ratio >= above && ratio <= atMost
const percent = (share) => `${(100 * share).toFixed(1)} %`
const ratioOf = (figures, { of, to }, pick) => pick(figures.get(of)) / pick(figures.get(to))

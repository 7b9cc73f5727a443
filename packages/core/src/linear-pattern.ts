import { type PatternNode, parsePattern, type Range } from './pattern-syntax.js'

/** One step of the matcher: take a character, or go on at several places at once. */
type Step =
  | { readonly ranges: readonly Range[]; readonly isNegated: boolean; readonly next: number }
  | { readonly ways: number[] }

const stepsMost = 5000

/**
 * Compiles a field's pattern into a test of whole values whose time grows with the value's length and nothing else:
 * all ways are followed at once, so there is nothing to go back to. Throws an error that says what is wrong.
 */
export function compilePattern(text: string): (value: string) => boolean {
  const steps: Step[] = []
  const start = build(parsePattern(text), steps, push(steps, { ways: [] }))
  return (value) => matches(steps, start, value)
}

/** The first step made is the end: it leads nowhere. */
const end = 0

function push(steps: Step[], step: Step): number {
  if (steps.length >= stepsMost) throw new Error('is too long once its counts are written out')
  return steps.push(step) - 1
}

/** Adds the steps for `node` that lead on to `next`; the place to begin at. Built from the back. */
function build(node: PatternNode, steps: Step[], next: number): number {
  switch (node.kind) {
    case 'set':
      return push(steps, { ranges: node.ranges, isNegated: node.isNegated, next })
    case 'sequence':
      return node.nodes.reduceRight((after, each) => build(each, steps, after), next)
    case 'choice':
      return push(steps, { ways: node.nodes.map((each) => build(each, steps, next)) })
    case 'repeat':
      return buildRepeat(node, steps, next)
  }
}

function buildRepeat(node: PatternNode & { kind: 'repeat' }, steps: Step[], next: number): number {
  let start = next
  if (node.most === Number.POSITIVE_INFINITY) {
    const ways = [next]
    start = push(steps, { ways })
    ways.push(build(node.node, steps, start))
  } else {
    for (let count = node.least; count < node.most; count += 1) {
      start = push(steps, { ways: [next, build(node.node, steps, start)] })
    }
  }
  for (let count = 0; count < node.least; count += 1) start = build(node.node, steps, start)
  return start
}

function matches(steps: readonly Step[], start: number, value: string): boolean {
  let current = reach(steps, [start])
  for (let index = 0; index < value.length && current.size > 0; index += 1) {
    const code = value.charCodeAt(index)
    const following: number[] = []
    for (const place of current) {
      const step = steps[place]
      if (step !== undefined && 'ranges' in step && takes(step, code)) following.push(step.next)
    }
    current = reach(steps, following)
  }
  return current.has(end)
}

/** All places that can be reached without taking a character. */
function reach(steps: readonly Step[], places: readonly number[]): Set<number> {
  const reached = new Set(places)
  for (const place of reached) {
    const step = steps[place]
    if (step !== undefined && 'ways' in step) for (const way of step.ways) reached.add(way)
  }
  return reached
}

function takes({ ranges, isNegated }: { ranges: readonly Range[]; isNegated: boolean }, code: number): boolean {
  return ranges.some(([low, high]) => code >= low && code <= high) !== isNegated
}

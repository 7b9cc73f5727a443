import { parseDocument, type ScalarTag } from 'yaml'

/** A function of CloudFormation in its short form. */
export interface Intrinsic {
  readonly intrinsic: string
  readonly value: unknown
}

const names = ['Ref', 'Sub', 'GetAtt', 'If', 'Not', 'Equals', 'And', 'Or', 'Select', 'Join', 'ImportValue', 'FindInMap']

export function isIntrinsic(value: unknown): value is Intrinsic {
  return typeof value === 'object' && value !== null && 'intrinsic' in value
}

/** A template as data, with its short functions as objects. Throws what is wrong with it as YAML. */
export function readTemplate(text: string): Record<string, unknown> {
  const customTags = names.flatMap((name): ScalarTag[] => {
    const resolve = (value: unknown): unknown => ({ intrinsic: name, value })
    return [
      { tag: `!${name}`, resolve },
      { tag: `!${name}`, collection: 'seq', resolve: (seq: { toJSON(): unknown }) => resolve(seq.toJSON()) } as never,
    ]
  })
  const document = parseDocument(text, { customTags, uniqueKeys: true })
  const [problem] = [...document.errors, ...document.warnings]
  if (problem !== undefined) throw problem
  return document.toJS() as Record<string, unknown>
}

/** Every value at any depth, with the path to it. */
export function* valuesOf(value: unknown, path: readonly string[] = []): Generator<[readonly string[], unknown]> {
  yield [path, value]
  if (typeof value !== 'object' || value === null) return
  for (const [key, inner] of Object.entries(value)) yield* valuesOf(inner, [...path, key])
}

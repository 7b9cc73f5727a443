import type { z } from 'zod'

/** What a configuration calls the types of zod. */
const kinds: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  number: 'a number',
  object: 'keys with values',
  record: 'keys with values',
  string: 'a text',
}

/** A fault in the words of a configuration, where the schema has none of its own; undefined leaves zod's. */
export function plainMessage(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is required' : `must be ${kinds[issue.expected] ?? issue.expected}`
    case 'invalid_value':
      return `must be one of ${issue.values.join(', ')}`
    case 'too_small':
      if (issue.origin !== 'string' && issue.origin !== 'array') return undefined
      if (issue.minimum === 1) return 'must not be empty'
      return issue.origin === 'string' ? `must have at least ${issue.minimum} characters` : undefined
    default:
      return undefined
  }
}

import { expect, it } from 'vitest'
import { changesetFault } from './changesets.mjs'

it.each([
  ['one package', '---\n"@proxy/core": minor\n---\n\nIt runs.\n', undefined],
  ['two packages', '---\n"@proxy/core": minor\n\'@proxy/other\': patch\n---\n\nThey run.\n', undefined],
  ['no package', '---\n---\n', undefined],
  ['no head', 'It runs.\n', 'begins with no --- block'],
  ['a package that is not there', '---\n"@proxy/gone": minor\n---\n\nIt runs.\n', /names no published package/],
  ['another kind of change', '---\n"@proxy/core": huge\n---\n\nIt runs.\n', /neither patch, minor nor major/],
  ['no words', '---\n"@proxy/core": minor\n---\n\n', 'tells users nothing'],
])('a changeset with %s', (_name, text, expected) => {
  const fault = changesetFault(text, ['@proxy/core', '@proxy/other'])
  if (expected === undefined) expect(fault).toBeUndefined()
  else expect(fault).toMatch(expected)
})

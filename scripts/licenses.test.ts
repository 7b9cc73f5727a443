import { expect, it } from 'vitest'
import { isPermissive } from './licenses.mjs'

it.each([
  ['MIT', true],
  ['(MIT OR GPL-3.0-only)', true],
  ['MIT AND ISC', true],
  ['Apache-2.0', true],
  ['MIT AND GPL-3.0-only', false],
  ['MPL-2.0', false],
  ['Unknown', false],
  ['UNLICENSED', false],
  ['SEE LICENSE IN LICENSE.md', false],
])('%s is permissive: %s', (expression, expected) => {
  expect(isPermissive(expression)).toBe(expected)
})

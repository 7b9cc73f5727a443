import { expect, it } from 'vitest'
import { parsePointer, valueAt, withTextAt } from './json-pointer.js'

const document = { a: { 'b/c': 1, '~': 'tilde' }, list: ['x', { y: 2 }] }

it.each([
  ['', document],
  ['/a/b~1c', 1],
  ['/a/~0', 'tilde'],
  ['/list/1/y', 2],
  ['/list/5', undefined],
  ['/constructor', undefined],
  ['/__proto__/polluted', undefined],
  ['/a/b~1c/d', undefined],
])('reads %s', (pointer, value) => {
  expect(valueAt(document, parsePointer(pointer))).toEqual(value)
})

it.each(['a', 'a/b', '/a~2', '/a~'])('refuses %s', (pointer) => {
  expect(() => parsePointer(pointer)).toThrow('is not a JSON pointer')
})

it('writes into a copy, makes objects on the way and takes away what is not wanted', () => {
  expect(withTextAt(document, ['a', '~'], 'new')).toEqual({ ...document, a: { 'b/c': 1, '~': 'new' } })
  expect(withTextAt(document, ['list', '1', 'y'], 'new')).toEqual({ ...document, list: ['x', { y: 'new' }] })
  expect(withTextAt({}, ['one', 'two'], 'new')).toEqual({ one: { two: 'new' } })
  expect(withTextAt(document, ['list'], undefined)).toEqual({ a: document.a })
  expect(withTextAt({}, ['one', 'two'], undefined)).toEqual({})
  const polluted = withTextAt({}, ['__proto__', 'polluted'], 'yes')
  expect(Object.keys(polluted as object)).toEqual(['__proto__'])
  expect(({} as Record<string, unknown>).polluted).toBeUndefined()
})

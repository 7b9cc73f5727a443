import { expect, it } from 'vitest'
import { limitKey } from './keys.js'

it('gives different keys to tuples that a plain join would confuse', () => {
  const tuples = [
    [],
    [''],
    ['', ''],
    ['a:b', 'c'],
    ['a', 'b:c'],
    ['a', 'b', 'c'],
    ['a:b:c'],
    ['1:a'],
    ['1:a1:b'],
    ['a', 'b'],
    ['a1:b'],
    ['\ud83d', '\ude00'],
    ['\ud83d\ude00'],
    ['\u0000', 'a'],
    ['\u0000a'],
  ]
  expect(new Set(tuples.map(limitKey)).size).toBe(tuples.length)
})

it('gives the same key to the same tuple', () => {
  expect(limitKey(['project', 'user:1'])).toBe(limitKey(['project', 'user:1']))
})

import { expect, it } from 'vitest'
import { sharedText } from './shared-text.js'

it.each(['acme', '', 'ünïcode', 'a\0b', '\ud83d\ude00', '\ud800', 'a\udfff', '\ud801', '__proto__'])(
  'gives %j as it is, again and again',
  (text) => {
    expect(sharedText(text)).toBe(text)
    expect(sharedText(`${text}`)).toBe(text)
  },
)

it('forgets texts rather than growing without bound', () => {
  for (let index = 0; index < 30_000; index += 1) expect(sharedText(`text ${index}`)).toBe(`text ${index}`)
  expect(sharedText('text 0')).toBe('text 0')
})

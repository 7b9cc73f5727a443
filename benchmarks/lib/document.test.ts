import { expect, test } from 'vitest'
import { replaceFigures } from './document.mjs'

const text = `# Performance

<!-- figures: get -->
old
<!-- end of figures -->

between

<!-- figures: post -->
kept
<!-- end of figures -->
`

test('the tables of a run take the place of the old ones, and nothing else changes', () => {
  const replaced = replaceFigures(text, new Map([['get', '| $1 new |']]))
  expect(replaced).toBe(text.replace('old\n', '\n| $1 new |\n\n'))
  expect(replaceFigures(replaced, new Map([['get', 'old']]))).toContain('kept')
})

test('a scenario that the document does not name is left out', () => {
  expect(replaceFigures(text, new Map([['memory', 'new']]))).toBe(text)
})

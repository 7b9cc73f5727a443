import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compilePattern } from './linear-pattern.js'

describe('a field\u2019s pattern', () => {
  it.each([
    ['^us|eu$', ['us', 'eu'], ['usa', '', 'u', 'us|eu']],
    ['^(us|eu|ap)-[a-z]+-\\d$', ['us-east-1', 'ap-x-9'], ['us-east-', 'xx-east-1', 'us-east-11']],
    ['[a-z0-9][a-z0-9-]*[a-z0-9]', ['ab', 'a-b', 'a--b'], ['a', '-a', 'a-', 'A-b']],
    ['\\d{3}', ['123'], ['12', '1234', '12a']],
    ['\\d{2,}', ['12', '12345'], ['1']],
    ['a{0,2}b?', ['', 'a', 'aab', 'b'], ['aaa', 'bb']],
    ['[^a-c\\d]+', ['xyz', '-'], ['a', '1', '']],
    ['[\\w.-]+@[\\w-]+\\.com', ['a.b@c.com'], ['a@b.org', 'a@b_com']],
    ['(?:ab)+', ['ab', 'abab'], ['a', 'aba']],
    ['()*', [''], ['a']],
    ['(a*)*b', ['b', 'aab'], ['aaa']],
    ['.+', ['x', '\u00e9'], ['', 'a\nb']],
    ['\\$\\.', ['$.'], ['$$']],
    ['price\\$', ['price$'], ['price']],
    ['[]', [], ['', ']']],
    ['[a\\]-]', ['a', ']', '-'], ['\\', 'b']],
  ])('%s takes whole values', (pattern, taken, left) => {
    const matches = compilePattern(pattern)
    expect(taken.filter((value) => !matches(value))).toEqual([])
    expect(left.filter(matches)).toEqual([])
  })

  it.each([
    '(',
    ')',
    '(a',
    'a)',
    '[a',
    'a**',
    'a+?',
    '*a',
    '(?=a)',
    '(?<!a)b',
    '(?<n>a)',
    '\\1',
    '\\b',
    '\\p{L}',
    'a{2,1}',
    'a{1001}',
    '{1}',
    '(a{1000}){1000}',
    '[z-a]',
    'a^b',
    '\\',
  ])('refuses %s', (pattern) => {
    expect(() => compilePattern(pattern)).toThrow()
  })

  it('agrees with regular expressions where both know the syntax', () => {
    const atom = fc.constantFrom('a', 'b', '[ab]', '[^a]', '.', '\\d', '(a|b)', '(ab|a)', '(?:b)')
    const counted = fc.tuple(atom, fc.constantFrom('', '*', '+', '?', '{2}', '{1,3}')).map((parts) => parts.join(''))
    const pattern = fc.array(counted, { maxLength: 5 }).map((parts) => parts.join(''))
    fc.assert(
      fc.property(pattern, fc.string({ unit: fc.constantFrom('a', 'b', '1', '\n'), maxLength: 10 }), (text, value) => {
        expect(compilePattern(text)(value)).toBe(new RegExp(`^(?:${text})$`).test(value))
      }),
      { numRuns: 2_000 },
    )
  })

  it('takes linear time where a backtracking one would not end', () => {
    const started = performance.now()
    for (const pattern of ['(a+)+b', '(a|a)*b', '(a|aa)+$', '([a-z]+)*1', '(.*)*(.*)*x']) {
      expect(compilePattern(pattern)(`${'a'.repeat(4_000)}!`)).toBe(false)
    }
    expect(performance.now() - started).toBeLessThan(1_000)
  })
})

import { expect, it } from 'vitest'
import { secretNames } from './secret-names.js'

const scope = { project: 'proj', environment: 'development' } as const

it('names a secret by its pattern', () => {
  expect(secretNames('api-proxy/{project}/{environment}/{account}')(scope, 'apn_1')).toBe(
    'api-proxy/proj/development/apn_1',
  )
  expect(secretNames('{account}@{environment}+{project}/key')(scope, 'apn_1')).toBe('apn_1@development+proj/key')
})

it('gives every text a name that Secrets Manager takes, another one for another text', () => {
  const nameOf = secretNames('{project}/{environment}/{account}')
  const texts = [
    '',
    'a',
    'A',
    'a/b',
    'a=2Fb',
    '=',
    '==',
    'é',
    'e\u0301',
    '\0',
    '日本語',
    'x'.repeat(1_000),
    'x'.repeat(1_001),
  ]
  const names = texts.flatMap((project) => texts.map((id) => nameOf({ ...scope, project }, id)))
  expect(new Set(names).size).toBe(texts.length ** 2)
  for (const name of names) expect(name).toMatch(/^[A-Za-z0-9/_+=.@-]{1,512}$/)
})

it.each([
  ['api-proxy/{project}/{account}', 'each once'],
  ['{project}/{environment}/{account}/{account}', 'each once'],
  ['{project}-{environment}/{account}', 'between any two'],
  ['{project}/{environment}/{account}?', 'characters'],
  [`${'x'.repeat(200)}/{project}/{environment}/{account}`, 'characters'],
])('refuses the pattern %s', (pattern, message) => {
  expect(() => secretNames(pattern)).toThrow(message)
})

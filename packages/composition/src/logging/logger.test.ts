import { expect, it } from 'vitest'
import { createLogger } from './logger.js'

it('lines are ASCII, and say what was logged', () => {
  const lines: string[] = []
  const logger = createLogger({ write: (line) => lines.push(line) }, 'info')
  logger.info({ app: 'é🔑\u2028', ключ: 'plain' }, 'naïve')
  logger.info({ app: 'acme' }, 'plain')
  for (const line of lines) expect(line).toMatch(/^[ -~]+\n$/)
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ app: 'é🔑\u2028', ключ: 'plain', msg: 'naïve' })
  expect(JSON.parse(lines[1] ?? '')).toMatchObject({ app: 'acme', msg: 'plain' })
})

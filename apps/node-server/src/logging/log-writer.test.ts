import { closeSync, mkdtempSync, openSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createLogWriter } from './log-writer.js'

function logFile(): string {
  return join(mkdtempSync(join(tmpdir(), 'log-')), 'out.log')
}

it('lines reach a file in order, and the last ones when it is flushed', async () => {
  const file = logFile()
  const descriptor = openSync(file, 'a')
  const writer = createLogWriter(descriptor)
  for (let index = 0; index < 5_000; index += 1) writer.write(`${index} ${'x'.repeat(50)}\n`)
  await writer.flush(1_000)
  closeSync(descriptor)
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  expect(lines.map((line) => Number.parseInt(line, 10))).toEqual(Array.from({ length: 5_000 }, (_, index) => index))
  expect(writer.dropped).toBe(0)
})

it('lines appear by themselves, soon', async () => {
  const file = logFile()
  const descriptor = openSync(file, 'a')
  const writer = createLogWriter(descriptor)
  writer.write('alone\n')
  await expect.poll(() => readFileSync(file, 'utf8')).toBe('alone\n')
  await writer.flush(1_000)
  closeSync(descriptor)
})

it('a closed descriptor costs lines, nothing else', async () => {
  const descriptor = openSync(logFile(), 'a')
  closeSync(descriptor)
  const writer = createLogWriter(descriptor)
  writer.write('lost\n')
  await writer.flush(100)
  expect(writer.dropped).toBe(1)
})

import { execFileSync } from 'node:child_process'
import { closeSync, createReadStream, mkdtempSync, openSync, readFileSync } from 'node:fs'
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

it('of lines that nobody reads a bound is kept; the rest is counted, and told once somebody reads', async () => {
  const pipe = logFile()
  execFileSync('mkfifo', [pipe])
  const descriptor = openSync(pipe, 'r+') // for both, or it would wait for a reader
  const writer = createLogWriter(descriptor)
  const filler = 'x'.repeat(1_000)
  const line = (index: number): string => `${index} ${filler}\n`
  const written = 6_000
  for (let index = 0; index < written; index += 1) writer.write(line(index))
  const { dropped } = writer
  expect(dropped).toBeGreaterThan(1_000)
  expect(dropped).toBeLessThan(3_000)

  const reader = createReadStream(pipe, { encoding: 'utf8' })
  let text = ''
  reader.on('data', (piece) => {
    text += piece
  })
  await writer.flush(5_000)
  writer.write('the last\n')
  await writer.flush(5_000)
  await expect.poll(() => text.endsWith('the last\n')).toBe(true)
  reader.destroy()
  const told = text.split('\n').filter((one) => one.startsWith('{'))
  expect(told.map((one) => JSON.parse(one))).toMatchObject([{ level: 'warn', count: dropped }])
  const kept = text.split('\n').filter((one) => one.endsWith(filler))
  expect(kept.map((one) => Number.parseInt(one, 10))).toEqual(
    Array.from({ length: written - dropped }, (_, index) => index),
  )
})

it('a line longer than a batch goes out whole', async () => {
  const file = logFile()
  const descriptor = openSync(file, 'a')
  const writer = createLogWriter(descriptor)
  const long = `${'y'.repeat(200_000)}\n`
  for (const line of ['before\n', long, 'behind\n']) writer.write(line)
  await writer.flush(1_000)
  closeSync(descriptor)
  expect(readFileSync(file, 'latin1')).toBe(`before\n${long}behind\n`)
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

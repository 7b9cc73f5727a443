import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { expect, it } from 'vitest'

const processes = JSON.stringify(new URL('./processes.mjs', import.meta.url).href)

/** The text of a module that runs a command as `npm start` does. */
function runnerOf(command: string): string {
  return `
    import { runForeground } from ${processes}
    process.exitCode = await runForeground(process.execPath, ['--eval', ${JSON.stringify(command)}])`
}

function startRunner(command: string): ChildProcess {
  const args = ['--input-type=module', '--eval', runnerOf(command)]
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
}

async function nextLine(lines: AsyncIterator<string>): Promise<string> {
  const { value, done } = await lines.next()
  return done ? '(end)' : value
}

function readLines(child: ChildProcess): AsyncIterator<string> {
  if (child.stdout === null) throw new Error('stdout is not a pipe')
  return createInterface({ input: child.stdout })[Symbol.asyncIterator]()
}

const waitsForSignal = `
  process.on('SIGTERM', () => { console.log('got SIGTERM'); process.exit(7) })
  process.on('SIGINT', () => console.log('got SIGINT'))
  setInterval(() => {}, 1000)
  console.log('ready')`

it('resolves to the status of the command', async () => {
  const [status] = await once(startRunner('process.exit(3)'), 'exit')
  expect(status).toBe(3)
})

it('resolves to 128 + n when a signal ended the command', async () => {
  const [status] = await once(startRunner("process.kill(process.pid, 'SIGKILL')"), 'exit')
  expect(status).toBe(137)
})

it('passes a signal on and lets the command end in its own way', async () => {
  const runner = startRunner(waitsForSignal)
  const lines = readLines(runner)
  expect(await nextLine(lines)).toBe('ready')
  runner.kill('SIGTERM')
  expect(await nextLine(lines)).toBe('got SIGTERM')
  const [status] = await once(runner, 'exit')
  expect(status).toBe(7)
})

it('passes a Ctrl-C on once, though it comes from the terminal and from npm', async () => {
  const runner = startRunner(
    waitsForSignal.replace("console.log('got SIGINT')", "{ console.log('got SIGINT'); process.exit() }"),
  )
  const lines = readLines(runner)
  expect(await nextLine(lines)).toBe('ready')
  runner.kill('SIGINT')
  runner.kill('SIGINT')
  expect(await nextLine(lines)).toBe('got SIGINT')
  expect(await nextLine(lines)).toBe('(end)')
})

it.each([
  ['its parent', (runner: string) => `spawn(process.execPath, ['--input-type=module', '--eval', ${runner}]`],
  // The shell cannot replace itself by the runner, because it has more to do.
  [
    'npm, behind a shell,',
    (runner: string) => `spawn('sh', ['-c', '"$0" --input-type=module --eval "$1"; true', process.execPath, ${runner}]`,
  ],
])('ends the command when %s is killed', async (_who, start) => {
  const npm = spawn(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      `
      import { spawn } from 'node:child_process'
      ${start(JSON.stringify(runnerOf(waitsForSignal)))}, { stdio: 'inherit' })`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, npm_lifecycle_event: 'start' } },
  )
  const lines = readLines(npm)
  expect(await nextLine(lines)).toBe('ready')
  npm.kill('SIGKILL')
  expect(await nextLine(lines)).toBe('got SIGTERM')
  // The pipe ends when the last process that writes to it is gone.
  expect(await nextLine(lines)).toBe('(end)')
})

it('leaves nothing of the command running', async () => {
  const runner = startRunner(`
    const { spawn } = require('node:child_process')
    const command = "console.log('left'); process.send('told'); setInterval(() => {}, 1000)"
    spawn(process.execPath, ['--eval', command], { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] })
      .once('message', () => process.exit(0))`)
  const lines = readLines(runner)
  expect(await nextLine(lines)).toBe('left')
  expect(await nextLine(lines)).toBe('(end)')
})

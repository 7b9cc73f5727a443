import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const home = new URL('../../../../apps/node-server/', import.meta.url)

/** The server's command as a user runs it. */
export interface Command {
  readonly child: ChildProcess
  /** Standard output and error so far. */
  readonly output: { readonly out: string; readonly error: string }
  /** Resolves when the pattern stands in either; rejects when the process ends before. */
  until(pattern: RegExp): Promise<string>
  /** Exit status, or the name of the signal that ended it. */
  readonly ended: Promise<number | string>
}

export interface CommandOptions {
  readonly folder?: string
  readonly environment?: Readonly<Record<string, string>>
  /** A shell command that gets the server's as `"$@"`, such as `ulimit -n 64; exec "$@"`. */
  readonly shell?: string
  /** Leaves standard output unread until `child.stdout` is. */
  readonly isOutputBlocked?: boolean
}

/** A folder that is gone when the test is. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'api-proxy-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** The file that the package's `bin` names. */
export function serverBin(): string {
  const { bin } = JSON.parse(readFileSync(new URL('package.json', home), 'utf8'))
  return fileURLToPath(new URL(bin['api-proxy'], home))
}

/** Runs the built command; it is killed when the test ends before it does. */
export function command(args: readonly string[], options: CommandOptions = {}): Command {
  const { folder = temporaryFolder(), environment = {}, shell, isOutputBlocked = false } = options
  const own = [process.env.SERVER_NODE ?? process.execPath, serverBin(), ...args]
  const [file = '', ...rest] = shell === undefined ? own : ['sh', '-c', shell, 'sh', ...own]
  const child = spawn(file, rest, { cwd: folder, env: { PATH: process.env.PATH, ...environment } })
  onTestFinished(() => void child.kill('SIGKILL'))
  const output = { out: '', error: '' }
  if (!isOutputBlocked) child.stdout.setEncoding('utf8').on('data', (text: string) => (output.out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.error += text))
  const ended = once(child, 'close').then(([status, signal]) => (status ?? signal) as number | string)
  return {
    child,
    output,
    ended,
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = [output.out, output.error].find((text) => pattern.test(text))
          if (found !== undefined) resolve(found)
        }
        child.stdout.on('data', look)
        child.stderr.on('data', look)
        void ended.then((status) => reject(new Error(`ended with ${status}:\n${output.out}\n${output.error}`)))
        look()
      }),
  }
}

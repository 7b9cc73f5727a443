import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** A process and the lines that it has printed. */
export interface StartedProcess {
  readonly pid: number
  readonly lines: readonly string[]
  /** Resolves to the first line, old or new, that `wanted` accepts; rejects when the process ends without one. */
  line(wanted: (line: string) => boolean): Promise<string>
  /** Ends it with `SIGKILL`, and resolves once it and its output have ended. */
  kill(): Promise<void>
  readonly ended: Promise<void>
}

export function startProcess(command: string, commandArguments: readonly string[]): StartedProcess {
  const child: ChildProcess = spawn(command, commandArguments, { stdio: ['ignore', 'pipe', 'inherit'] })
  const { stdout, pid } = child
  if (stdout === null || pid === undefined) throw new Error(`${command} did not start`)
  const lines: string[] = []
  const listeners = new Set<() => void>()
  const tell = (): void => {
    for (const listener of listeners) listener()
  }
  let hasEnded = false
  createInterface({ input: stdout }).on('line', (line) => {
    lines.push(line)
    tell()
  })
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => {
      hasEnded = true
      resolve()
      tell()
    })
  })
  return {
    pid,
    lines,
    ended,
    line: (wanted) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = lines.find(wanted)
          if (found === undefined && !hasEnded) return
          listeners.delete(look)
          if (found === undefined) reject(new Error(`The process ended without that line: ${lines.join(' | ')}`))
          else resolve(found)
        }
        listeners.add(look)
        look()
      }),
    kill() {
      child.kill('SIGKILL')
      return ended
    },
  }
}

import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../../', import.meta.url))

/** The shell blocks of a page of the repository, as a reader pastes them. */
export function shellBlocks(page: string): string[] {
  const text = readFileSync(join(root, page), 'utf8')
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block)
}

export interface ShellOptions {
  readonly folder: string
  readonly environment?: Readonly<Record<string, string>>
  /** Scripts that stand in for commands of these names, such as `npm`. */
  readonly commands?: Readonly<Record<string, string>>
}

/** One terminal of a reader: what one block sets, later ones see. */
export interface Shell {
  run(block: string): Promise<{ readonly status: number; readonly output: string }>
  close(): void
}

/** Opens a shell in a folder, where `api-proxy` is the built command. */
export function openShell({ folder, environment = {}, commands = {} }: ShellOptions): Shell {
  const bin = join(folder, '.bin')
  mkdirSync(bin, { recursive: true })
  const cli = join(root, 'apps/node-server/dist/cli.js')
  const all = { 'api-proxy': `exec '${process.execPath}' '${cli}' "$@"`, ...commands }
  for (const [name, script] of Object.entries(all)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`)
    chmodSync(join(bin, name), 0o755)
  }
  const child = spawn('sh', [], {
    cwd: folder,
    env: { PATH: `${bin}:${process.env.PATH}`, ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let output = ''
  let look = (): void => undefined
  const hear = (text: string): void => {
    output += text
    look()
  }
  child.stdout.setEncoding('utf8').on('data', hear)
  child.stderr.setEncoding('utf8').on('data', hear)
  child.on('close', (status) => hear(`\n--- ended ${status ?? 1} ---\n`))
  child.stdin.on('error', () => undefined) // a shell that has ended says so above

  return {
    run(block) {
      output = ''
      return new Promise((resolve) => {
        look = () => {
          const [mark, status] = /\n--- ended (\d+) ---\n/.exec(output) ?? []
          if (mark === undefined) return
          look = () => undefined
          resolve({ status: Number(status), output: output.replace(mark, '') })
        }
        child.stdin.write(`${block}\nprintf '\\n--- ended %s ---\\n' "$?"\n`)
      })
    },
    close: () => void child.kill('SIGKILL'),
  }
}

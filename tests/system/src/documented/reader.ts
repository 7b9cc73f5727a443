import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, openShell, shellBlocks } from '@proxy/test-support'
import { expect, onTestFinished } from 'vitest'
import { command, temporaryFolder } from '../server/command.js'

export interface Ran {
  readonly status: number
  readonly output: string
}

/** Somebody who pastes the commands of a page, one block after the other, into a terminal. */
export interface Reader {
  readonly folder: string
  /** Runs the next block, which must begin so. */
  next(start: string): Promise<Ran>
  /** Runs a command that the page does not show. */
  run(block: string): Promise<Ran>
  /** Edits the configuration. */
  edit(change: (text: string) => string): void
  /** Starts the server in a second terminal; the page's port is its port from then on. */
  serve(): Promise<() => Promise<void>>
  /** Every block has been run. */
  end(): void
}

export function readPage(page: string, environment: Readonly<Record<string, string>> = {}): Reader {
  const folder = temporaryFolder()
  const shell = openShell({ folder, environment })
  onTestFinished(() => shell.close())
  const blocks = shellBlocks(page)
  const file = join(folder, 'proxy.config.yaml')
  let port = '3000'
  const run = (block: string) => shell.run(block.replaceAll(':3000', `:${port}`))
  return {
    folder,
    run,
    async next(start) {
      const block = blocks.shift() ?? ''
      expect(block.slice(0, start.length)).toBe(start)
      return await run(block)
    },
    edit: (change) => writeFileSync(file, change(readFileSync(file, 'utf8'))),
    async serve() {
      // Links hold the port of the configuration, so that it must be known before the server has it.
      const before = port
      port = String(await freePort())
      writeFileSync(file, readFileSync(file, 'utf8').replace(`port: ${before}`, `port: ${port}`))
      const server = command(['serve'], { folder, environment })
      await server.until(/"msg":"listening"/)
      return async () => {
        server.child.kill('SIGTERM')
        await server.ended
      }
    },
    end: () => expect(blocks).toEqual([]),
  }
}

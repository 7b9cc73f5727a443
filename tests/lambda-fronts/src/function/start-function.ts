import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { Invoke } from '../fronts/invoke.js'
import { type RuntimeApi, startRuntimeApi } from './runtime-api.js'

export const bundleFolder = fileURLToPath(new URL('../../../../apps/lambda/dist/', import.meta.url))

export interface FunctionOptions {
  /** `index.handler` or `index.streamingHandler`. */
  readonly handler: string
  readonly environment?: Readonly<Record<string, string>>
  /** The function's own time limit. Default 30 s. */
  readonly timeoutMs?: number
}

/** The built bundle in a process of its own, under AWS's runtime client. */
export interface RunningFunction {
  readonly invoke: Invoke
  /** What it could not start for; undefined while it can. */
  readonly initError: Promise<string>
  readonly pid: number
  /** Standard output and error so far. */
  logs(): string
  stop(): Promise<void>
}

export async function startFunction(options: FunctionOptions): Promise<RunningFunction> {
  const { handler, environment = {}, timeoutMs = 30_000 } = options
  const api = await startRuntimeApi(timeoutMs)
  const output: string[] = []
  const child = spawnClient(api, handler, environment)
  child.stdout.setEncoding('utf8').on('data', (text: string) => output.push(text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => output.push(text))
  const ended = once(child, 'close')
  ended.then(() => api.fail(`The process ended:\n${output.join('')}`)).catch(() => undefined)
  const killWithUs = (): void => void child.kill('SIGKILL')
  process.once('exit', killWithUs)
  return {
    invoke: api.invoke,
    initError: api.initError,
    pid: child.pid ?? 0,
    logs: () => output.join(''),
    async stop() {
      process.removeListener('exit', killWithUs)
      child.kill('SIGKILL')
      await ended
      await api.stop()
    },
  }
}

function spawnClient(
  api: RuntimeApi,
  handler: string,
  environment: Readonly<Record<string, string>>,
): ChildProcessByStdio<null, Readable, Readable> {
  const clientFolder = dirname(createRequire(import.meta.url).resolve('aws-lambda-ric/package.json'))
  const preload = fileURLToPath(new URL('native-client.cjs', import.meta.url))
  return spawn(process.execPath, ['--require', preload, `${clientFolder}/index.mjs`], {
    env: {
      PATH: process.env.PATH,
      AWS_LAMBDA_RUNTIME_API: api.address,
      _HANDLER: handler,
      LAMBDA_TASK_ROOT: bundleFolder,
      AWS_LAMBDA_FUNCTION_NAME: 'proxy',
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
      AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/proxy',
      AWS_LAMBDA_LOG_STREAM_NAME: 'stream',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { Redis } from 'ioredis'
import { redisBinary } from './redis-binary.js'
import { reservePort } from './reserve-port.js'

const readyWithinMs = 20_000

export interface RedisServerOptions {
  /** Lines of the configuration file, over the defaults: no persistence, loopback alone. */
  readonly config?: readonly string[]
  /** `redis-sentinel` runs the same program as Sentinel. */
  readonly program?: 'redis-server' | 'redis-sentinel'
  readonly port?: number
}

/** A Redis process of its own. */
export interface RedisServer {
  readonly port: number
  readonly host: '127.0.0.1'
  readonly url: string
  /** Sends a signal to the process; after SIGKILL it waits for its end. */
  signal(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): Promise<void>
  /** Starts it again on the same port, with what it has kept on the disk. */
  start(): Promise<void>
  /** Runs one command over a connection of its own. */
  run(command: string, ...args: readonly (string | number)[]): Promise<unknown>
  stop(): Promise<void>
}

/** Starts a server on a free port of 127.0.0.1 and waits until it takes connections. */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const { program = 'redis-server', config = [] } = options
  const binary = await redisBinary()
  const reserved = options.port === undefined ? await reservePort() : undefined
  const port = reserved?.port ?? options.port ?? 0
  const folder = await mkdtemp(join(tmpdir(), 'redis-test-'))
  const configFile = join(folder, 'redis.conf')
  const defaults = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${folder}`,
    ...(program === 'redis-server' ? serverDefaults : []),
  ]
  await writeFile(configFile, [...defaults, ...config, ''].join('\n'))
  let child: ChildProcess | undefined

  async function start(): Promise<void> {
    const started = spawn(binary, [configFile], { argv0: program, cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] })
    child = started
    process.once('exit', killWithUs)
    await ready(started, started.stdout, program)
  }

  function killWithUs(): void {
    child?.kill('SIGKILL')
  }

  async function kill(): Promise<void> {
    const ended = child
    child = undefined
    process.removeListener('exit', killWithUs)
    if (ended === undefined || ended.exitCode !== null || ended.signalCode !== null) return
    const end = once(ended, 'exit')
    ended.kill('SIGKILL')
    await end
  }

  await start()
  return {
    port,
    host: '127.0.0.1',
    url: `redis://127.0.0.1:${port}`,
    start,
    async signal(signal) {
      if (signal === 'SIGKILL') await kill()
      else child?.kill(signal)
    },
    run: (command, ...args) => runOn(port, command, args),
    async stop() {
      await kill()
      reserved?.release()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const serverDefaults = ['save ""', 'appendonly no', 'repl-diskless-sync-delay 0']

async function ready(child: ChildProcess, output: Readable, program: string): Promise<void> {
  const signal = AbortSignal.timeout(readyWithinMs)
  const sign = program === 'redis-sentinel' ? 'monitor master' : 'Ready to accept connections'
  let text = ''
  while (!text.includes(sign)) {
    if (child.exitCode !== null) throw new Error(`Redis did not start:\n${text}`)
    const [chunk] = await once(output, 'data', { signal })
    text += String(chunk)
  }
  output.resume()
}

async function runOn(port: number, command: string, args: readonly (string | number)[]): Promise<unknown> {
  const client = new Redis({
    port,
    host: '127.0.0.1',
    lazyConnect: true,
    retryStrategy: () => null,
  })
  client.on('error', () => undefined)
  try {
    return await client.call(command, ...args)
  } finally {
    client.disconnect()
  }
}

import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { Certificate } from './self-signed-certificate.js'

const READY_WITHIN_MS = 20_000
const STOPPED_WITHIN_MS = 15_000

export interface ServerOptions {
  /** Sections of the configuration file. `server`, `storage`, `encryption` and `tokens` have defaults here. */
  readonly config: Readonly<Record<string, unknown>>
  /** Makes the server listen with TLS. */
  readonly certificate?: Certificate
  /** Added to the environment of the process. */
  readonly environment?: Readonly<Record<string, string>>
  /** For configurations that take long to read. Default 20 s. */
  readonly readyWithinMs?: number
}

/** The built server, running as a process of its own. */
export interface RunningServer {
  /** Without a slash at the end. */
  readonly url: string
  readonly port: number
  readonly pid: number
  /** Everything it has written so far, standard output and error together. */
  logs(): string
  /** The most memory it ever held, in bytes; `undefined` where the system does not tell (not Linux). */
  peakMemoryBytes(): Promise<number | undefined>
  /** Asks it to end and waits until it has. Rejects when it has to be killed. */
  stop(): Promise<void>
}

/**
 * Starts `serve` through the package's bin with a configuration file in a folder of its own, on a free port, and waits
 * until it says that it listens. Rejects with the server's output when it does not come up.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const folder = await mkdtemp(join(tmpdir(), 'api-proxy-test-'))
  const configFile = join(folder, 'proxy.config.yaml')
  await writeFile(configFile, JSON.stringify(withDefaults(options), undefined, 2)) // JSON is YAML too

  const output: string[] = []
  const child = spawn(process.execPath, [serverBin(), 'serve', '--config', configFile], {
    cwd: folder,
    env: { ...process.env, NODE_ENV: 'production', ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => output.push(chunk))
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => output.push(chunk))
  const ended = once(child, 'close')
  const killWithUs = (): void => void child.kill('SIGKILL')
  process.once('exit', killWithUs)

  const stop = async (): Promise<void> => {
    process.removeListener('exit', killWithUs)
    const wasKilled = await end(child, ended)
    await rm(folder, { recursive: true, force: true })
    if (wasKilled) throw new Error(`the server did not end within ${STOPPED_WITHIN_MS} ms:\n${output.join('')}`)
  }
  try {
    const { protocol, port } = await listeningUrl(child, output, options.readyWithinMs ?? READY_WITHIN_MS)
    return {
      url: `${protocol}//${protocol === 'https:' ? 'localhost' : '127.0.0.1'}:${port}`,
      port: Number(port),
      pid: child.pid ?? 0,
      logs: () => output.join(''),
      peakMemoryBytes: () => peakMemoryBytes(child.pid ?? 0),
      stop,
    }
  } catch (cause) {
    await stop()
    throw new Error(`the server did not start:\n${output.join('')}`, { cause })
  }
}

function withDefaults({ config, certificate }: ServerOptions): Record<string, unknown> {
  const key = (): string => randomBytes(32).toString('base64')
  const tls = certificate === undefined ? {} : { tls: { cert: certificate.certificate, key: certificate.key } }
  return {
    storage: { kind: 'memory' },
    encryption: { keys: [key()] },
    tokens: { signingKeys: [key()] },
    ...config,
    server: { host: '127.0.0.1', port: 0, ...tls, ...(config.server as object | undefined) },
  }
}

function serverBin(): string {
  const home = new URL('../../../apps/node-server/', import.meta.url)
  const { bin } = JSON.parse(readFileSync(new URL('package.json', home), 'utf8')) as { bin: Record<string, string> }
  return fileURLToPath(new URL(Object.values(bin)[0] ?? '', home))
}

/** Where it listens, from the line of its log that says so. Rejects when it ends first or takes too long. */
async function listeningUrl(
  child: ChildProcessByStdio<null, Readable, Readable>,
  output: string[],
  withinMs: number,
): Promise<URL> {
  const signal = AbortSignal.timeout(withinMs)
  const ended = once(child, 'close', { signal }).then(() => {
    throw new Error('it ended')
  })
  ended.catch(() => undefined) // also when nobody waits for it any more
  for (;;) {
    const line = output
      .join('')
      .split('\n')
      .find((text) => text.includes('"msg":"listening"') && text.endsWith('}'))
    if (line !== undefined) return new URL((JSON.parse(line) as { url: string }).url)
    await Promise.race([once(child.stdout, 'data', { signal }), ended])
  }
}

async function end(child: ChildProcess, ended: Promise<unknown>): Promise<boolean> {
  let wasKilled = false
  const timer = setTimeout(() => {
    wasKilled = true
    child.kill('SIGKILL')
  }, STOPPED_WITHIN_MS)
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
  await ended
  clearTimeout(timer)
  return wasKilled
}

async function peakMemoryBytes(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024
}

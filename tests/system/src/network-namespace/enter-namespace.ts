import { spawn, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../../../', import.meta.url))

/** In a new namespace: loopback is up, and every address there is belongs to it. */
const setUp = 'ip link set lo up && ip route add local 0.0.0.0/0 dev lo && ip -6 route add local ::/0 dev lo'
const asRoot = ['--net']
const asUser = ['--user', '--map-root-user', '--net']

/** Set in the process that runs inside. */
export const insideVariable = 'TEST_INSIDE_NAMESPACE'

export type Way = { readonly options: readonly string[] } | { readonly reason: string }

/** How this machine makes a network namespace, or why it cannot. */
export function findWay(): Way {
  if (process.platform !== 'linux') return { reason: 'network namespaces are a thing of Linux' }
  let reason = ''
  for (const options of [asRoot, asUser]) {
    const { status, error, stderr } = spawnSync('unshare', [...options, 'sh', '-c', setUp], { encoding: 'utf8' })
    if (status === 0) return { options }
    reason = error?.message ?? stderr.trim().split('\n').at(-1) ?? ''
  }
  return { reason: `this machine makes no network namespace: ${reason}` }
}

/** Runs a test file again, inside a namespace. Resolves with what it printed and its exit status. */
export function runInside(
  options: readonly string[],
  testFile: string,
): Promise<{ readonly status: number | null; readonly output: string }> {
  const command = [process.execPath, 'node_modules/vitest/vitest.mjs', 'run', testFile]
  const child = spawn('unshare', [...options, 'sh', '-c', `${setUp} && exec "$@"`, 'sh', ...command], {
    cwd: root,
    env: { ...process.env, [insideVariable]: '1', NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (status) => resolve({ status, output }))
  })
}

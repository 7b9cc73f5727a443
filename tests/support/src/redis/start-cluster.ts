import { setTimeout as pause } from 'node:timers/promises'
import { type RedisServer, startRedis } from './start-redis.js'

export interface RedisCluster {
  readonly servers: readonly RedisServer[]
  stop(): Promise<void>
}

const masters = 3
const slots = 16_384
const readyWithinMs = 20_000

/** Three masters with a replica each, up and of one mind. */
export async function startCluster(config: readonly string[] = []): Promise<RedisCluster> {
  const settings = ['cluster-enabled yes', 'cluster-node-timeout 2000', 'cluster-allow-replica-migration no', ...config]
  const servers: RedisServer[] = []
  for (let nth = 0; nth < 2 * masters; nth += 1) servers.push(await startRedis({ config: settings }))
  const cluster = {
    servers,
    async stop() {
      await Promise.all(servers.map((server) => server.stop()))
    },
  }
  try {
    await join(servers)
    return cluster
  } catch (error) {
    await cluster.stop()
    throw error
  }
}

async function join(servers: readonly RedisServer[]): Promise<void> {
  const [first, ...others] = servers
  if (first === undefined) return
  const share = Math.ceil(slots / masters)
  for (let nth = 0; nth < masters; nth += 1) {
    const last = Math.min(slots, (nth + 1) * share) - 1
    await servers[nth]?.run('cluster', 'addslotsrange', nth * share, last)
  }
  for (const other of others) await first.run('cluster', 'meet', other.host, other.port)
  await until(async () => (await Promise.all(servers.map(knownNodes))).every((count) => count === servers.length))
  for (let nth = 0; nth < masters; nth += 1) {
    const id = String(await servers[nth]?.run('cluster', 'myid'))
    await servers[nth + masters]?.run('cluster', 'replicate', id)
  }
  await until(async () => {
    const states = await Promise.all(servers.map(async (server) => String(await server.run('cluster', 'info'))))
    const roles = await Promise.all(servers.map(async (server) => String(await server.run('cluster', 'nodes'))))
    const links = await Promise.all(servers.slice(masters).map((server) => information(server)))
    return (
      states.every((state) => state.includes('cluster_state:ok')) &&
      roles.every((role) => role.split(' slave ').length + role.split(',slave ').length - 2 === masters) &&
      links.every((link) => link.includes('master_link_status:up'))
    )
  })
}

async function knownNodes(server: RedisServer): Promise<number> {
  return String(await server.run('cluster', 'nodes'))
    .trim()
    .split('\n').length
}

export async function information(server: RedisServer): Promise<string> {
  return String(await server.run('info', 'replication'))
}

/** Asks again and again until it is so. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + readyWithinMs
  while (!(await isSo())) {
    if (performance.now() > giveUpAt) throw new Error('It did not come about in time.')
    await pause(50)
  }
}

import { information, until } from './start-cluster.js'
import { type RedisServer, startRedis } from './start-redis.js'

export interface SentinelSet {
  readonly name: string
  readonly sentinels: readonly RedisServer[]
  /** The server that was the master at the start, and its replica. */
  readonly servers: readonly [master: RedisServer, replica: RedisServer]
  /** Port of the server that Sentinel names as the master. */
  masterPort(): Promise<number>
  stop(): Promise<void>
}

const name = 'main'

/** A master and a replica that three Sentinels watch, in sync. */
export async function startSentinel(): Promise<SentinelSet> {
  const started: RedisServer[] = []
  const start = async (options: Parameters<typeof startRedis>[0]): Promise<RedisServer> => {
    const server = await startRedis(options)
    started.push(server)
    return server
  }
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((server) => server.stop()))
  }
  try {
    const master = await start({})
    const replica = await start({ config: [`replicaof 127.0.0.1 ${master.port}`] })
    await until(async () => (await information(replica)).includes('master_link_status:up'))
    const watch = [
      `sentinel monitor ${name} 127.0.0.1 ${master.port} 2`,
      `sentinel down-after-milliseconds ${name} 1000`,
      `sentinel failover-timeout ${name} 3000`,
    ]
    const sentinels = [
      await start({ program: 'redis-sentinel', config: watch }),
      await start({ program: 'redis-sentinel', config: watch }),
      await start({ program: 'redis-sentinel', config: watch }),
    ]
    await until(async () => {
      const seen = await Promise.all(sentinels.map((sentinel) => sentinel.run('sentinel', 'master', name)))
      return seen.every((fields) => {
        const list = Array.isArray(fields) ? fields.map(String) : []
        const fieldOf = (field: string): string | undefined => list[list.indexOf(field) + 1]
        return fieldOf('num-slaves') === '1' && fieldOf('num-other-sentinels') === '2'
      })
    })
    const masterPort = async (): Promise<number> => {
      const [first] = sentinels
      const address = await first?.run('sentinel', 'get-master-addr-by-name', name)
      return Array.isArray(address) ? Number(address[1]) : 0
    }
    return { name, sentinels, servers: [master, replica], masterPort, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

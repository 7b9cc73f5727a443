import { type Link, within } from './link.js'
import { isCluster, serverOf } from './redis-client.js'
import { RedisFault } from './redis-fault.js'

const withinMs = 1_000
/** Seconds without word of a replica; they say something every second. */
const longestLag = 1

/**
 * Waits until `replicas` replicas have what this connection has written, so that it outlives a failover. Those that are
 * not there, or have said nothing for a while, are not waited for. Rejects when a sound one does not have it in time:
 * nobody knows then.
 */
export async function confirmWrite(link: Link, key: string, replicas: number): Promise<void> {
  const information = String(await sendTo(link, key, 'info', 'replication'))
  const lags = [...information.matchAll(/^slave\d+:.*state=online.*,lag=(\d+)/gm)].map(([, lag]) => Number(lag))
  const wanted = Math.min(replicas, lags.filter((lag) => lag <= longestLag).length)
  if (wanted === 0) return
  if (Number(await sendTo(link, key, 'wait', wanted, withinMs)) < wanted) throw new RedisFault('NOREPLICAS')
}

/** To the server that holds `key`: these commands name none. */
async function sendTo(link: Link, key: string, command: string, ...args: readonly (string | number)[]) {
  const { client } = link
  if (!isCluster(client)) return await link.send(2 * withinMs, command, ...args)
  const server = serverOf(client, key)
  const node = client.nodes('master').find(({ options }) => `${options.host}:${options.port}` === server)
  if (node === undefined) throw new RedisFault('not-connected')
  return await within(2 * withinMs, node.call(command, ...args))
}

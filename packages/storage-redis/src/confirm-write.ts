import { type Link, within } from './link.js'
import { isCluster, serverOf } from './redis-client.js'
import { RedisFault } from './redis-fault.js'

const withinMs = 1_000
/** A replica that has said nothing for longer than this, in seconds, is not waited for. */
const longestLag = 1

/**
 * Waits until `replicas` replicas have what this connection has written, so that it outlives a failover. Those that are
 * not there, or do not answer, are not waited for. Rejects when a sound one does not have it in time: nobody knows then.
 */
export async function confirmWrite(link: Link, key: string, replicas: number): Promise<void> {
  const acknowledged = Number(await sendTo(link, key, 'wait', replicas, withinMs))
  if (acknowledged >= replicas) return
  const information = String(await sendTo(link, key, 'info', 'replication'))
  const lags = [...information.matchAll(/^slave\d+:.*state=online.*,lag=(\d+)/gm)].map(([, lag]) => Number(lag))
  const sound = lags.filter((lag) => lag <= longestLag).length
  if (acknowledged < Math.min(replicas, sound)) throw new RedisFault('NOREPLICAS')
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

import {
  type Certificate,
  type RunningServer,
  type ServerOptions,
  startServer,
  startUpstream,
  type Upstream,
} from '@proxy/test-support'
import { configuration } from './configuration.js'

/** A server and the upstream that its apps point at. */
export interface World {
  readonly server: RunningServer
  readonly upstream: Upstream
  /** An absolute target on the upstream, as a caller would write it. */
  target(pathAndQuery: string): string
  stop(): Promise<void>
}

export interface WorldOptions {
  readonly certificate?: Certificate
  /** Replaces sections of the configuration. */
  readonly sections?: Readonly<Record<string, unknown>>
}

/** Starts both; `stop` ends both. */
export async function startWorld({ certificate, sections }: WorldOptions = {}): Promise<World> {
  const upstream = await startUpstream()
  const config = { ...configuration(upstream.port), ...sections }
  const options: ServerOptions = certificate === undefined ? { config } : { config, certificate }
  const server = await startServer(options).catch(async (error: unknown) => {
    await upstream.stop()
    throw error
  })
  return {
    server,
    upstream,
    target: (pathAndQuery) => `http://localhost:${upstream.port}${pathAndQuery}`,
    stop: async () => {
      await server.stop()
      await upstream.stop()
    },
  }
}

import { type Config, ConfigError } from '@proxy/composition'
import type { ApiProxy } from '@proxy/core'
import { type CallHandler, listen, type NodeServer, type RequestLimits } from '@proxy/runtime-node'

/** Listens as the configuration says. Throws a `ConfigError` when the port cannot be had. */
export async function listenAs(
  config: Config,
  proxy: CallHandler,
  describeError: ApiProxy['describeError'],
  onFault: (fault: unknown) => void,
): Promise<NodeServer> {
  const { host, port, tls, drainTimeout } = config.server
  const limits = requestLimits(config)
  try {
    return await listen({
      proxy,
      describeError,
      host,
      port,
      ...(tls && { tls }),
      limits,
      drainTimeoutMs: drainTimeout,
      onFault,
    })
  } catch (error) {
    throw portError(error, `${host}:${port}`)
  }
}

function portError(error: unknown, place: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE') return new ConfigError(`${place} is taken by another program.`)
  if (code === 'EACCES') return new ConfigError(`${place} needs more rights than this user has.`)
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return new ConfigError(`${place} is no address of this machine.`)
  return error
}

function requestLimits({ limits, server }: Config): Partial<RequestLimits> {
  return {
    headTimeoutMs: limits.requestHeadTimeout,
    maxTargetBytes: limits.maxTarget,
    maxHeaderBytes: limits.maxHeaders,
    maxHeaderCount: limits.maxHeaderCount,
    maxRequestBytes: limits.maxRequestBody,
    bodyIdleTimeoutMs: limits.bodyIdleTimeout,
    readerIdleTimeoutMs: limits.readerIdleTimeout,
    keepAliveTimeoutMs: server.keepAliveTimeout,
  }
}

import {
  composeProxy,
  createLogger,
  describeFault,
  joinParts,
  keepApplyingSeeds,
  type LineSink,
  logHook,
  openState,
  readinessOf,
  withOpenedKeys,
  withOperations,
} from '@proxy/composition'
import { type Hook, systemClock } from '@proxy/core'
import type { CallHandler, LambdaOptions } from '@proxy/runtime-lambda'
import { awsReader } from './aws-reader.js'
import type { FunctionSettings } from './config.js'
import { emfHook } from './emf-hook.js'
import { readFunctionConfig } from './function-config.js'

/** What the handlers are made of. */
export interface StartedFunction {
  readonly proxy: CallHandler
  readonly options: LambdaOptions
}

/** Between two calls the process may be frozen for any time, in which upstreams close what is not used. */
const keepAliveMs = 1_000

/** A renewal that went on behind an answer would be frozen half done. */
const aliveWaitMs = 25_000

/** Pipedream's clients encode the slashes of a target in base64; raw ones would be separators, which are refused there. */
function restoreTarget(path: string): string {
  const [, start, segment] = /^(\/v1\/connect\/(?:[^/]*\/)?proxy\/)(.+)$/.exec(path) ?? []
  return start === undefined || segment === undefined ? path : start + segment.replaceAll('/', '%2F')
}

/** Reads the configuration and composes the proxy; the init phase of the function. */
export async function startFunction(settings: FunctionSettings, sink: LineSink): Promise<StartedFunction> {
  const clock = systemClock()
  const config = await withOpenedKeys(await readFunctionConfig(settings, awsReader(settings.variables, clock)))
  const state = await openState(config, { clock })
  const logger = createLogger(sink, config.logs.level)
  for (const fault of config.leftOut) logger.error({ fault }, 'left out')
  const log = logHook(sink, logger, config.logs)
  const hooks: Hook[] = config.metrics.enabled ? [log, emfHook(sink)] : [log]
  const proxy = composeProxy(config, state, clock, hooks, { keepAliveMs, aliveWaitMs })
  const logPart = joinParts(log, clock)
  state.events.listen({ onPart: logPart, onRefusal: (text) => logger.error(text) })
  await keepApplyingSeeds(config, state, clock, logger).applied
  const { limits } = config
  return {
    proxy: withOperations(proxy, { metrics: undefined, isDraining: () => false, parts: readinessOf(state) }),
    options: {
      basePath: settings.basePath,
      restorePath: restoreTarget,
      clock,
      describeError: proxy.describeError,
      onFault: (fault) => logger.error({ fault: describeFault(fault) }, 'fault'),
      limits: {
        maxTargetBytes: limits.maxTarget,
        maxHeaderBytes: limits.maxHeaders,
        maxHeaderCount: limits.maxHeaderCount,
        maxRequestBytes: limits.maxRequestBody,
        ...(settings.timeMarginMs !== undefined && { timeMarginMs: settings.timeMarginMs }),
        ...(settings.maxStreamedBytes !== undefined && { maxStreamedBytes: settings.maxStreamedBytes }),
      },
    },
  }
}

import './without-compiler.js'
import type { LineSink } from '@proxy/composition'
import { type LambdaPlatform, toBufferedHandler, toStreamingHandler, whileAwake } from '@proxy/runtime-lambda'
import { readFunctionSettings } from './config.js'
import { initFailure } from './init-failure.js'
import { type StartedFunction, startFunction } from './start-function.js'

/** Lambda takes every line of standard output at once, so that nothing is left to write when the process is frozen. */
const sink: LineSink = { write: (line) => void process.stdout.write(line) }

async function start(): Promise<StartedFunction> {
  try {
    return await whileAwake(() => startFunction(readFunctionSettings(), sink))
  } catch (error) {
    throw initFailure(error)
  }
}

// The platform may reject promises of its own when it closes a stream; that is no reason to start anew.
process.on('unhandledRejection', () => undefined)

const { proxy, options } = await start()
// Outside of Lambda, AWS's own libraries put an empty one there.
const { awslambda: platform } = globalThis as { awslambda?: Partial<LambdaPlatform> }

/** For API Gateway, load balancers and Function URLs whose invoke mode is BUFFERED. */
export const handler = toBufferedHandler(proxy, options)

/** For Function URLs whose invoke mode is RESPONSE_STREAM and REST APIs that stream. */
export const streamingHandler = isWhole(platform) ? toStreamingHandler(proxy, { ...options, platform }) : undefined

function isWhole(given: Partial<LambdaPlatform> | undefined): given is LambdaPlatform {
  return given?.streamifyResponse !== undefined
}

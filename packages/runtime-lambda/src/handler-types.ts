import type { EventAnswer } from './events/event-answer.js'
import type { LambdaContext } from './handler-options.js'
import type { ResponseStream } from './lambda-platform.js'

/** Takes an event whole and gives the answer whole. */
export type BufferedHandler = (event: unknown, context: LambdaContext) => Promise<EventAnswer>

/** Takes an event whole and streams the answer; to be exported as it is, the platform knows it by a mark. */
export type StreamingHandler = (event: unknown, stream: ResponseStream, context: LambdaContext) => Promise<void>

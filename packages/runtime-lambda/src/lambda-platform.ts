/** The stream that the platform hands to a streaming handler: a writable in its methods, though not by its class. */
export interface ResponseStream {
  write(chunk: string | Uint8Array): boolean
  end(done?: () => void): unknown
  on(event: 'close' | 'error', listener: (error?: Error) => void): unknown
  once(event: 'drain', listener: () => void): unknown
}

/** `globalThis.awslambda` of the Node.js runtimes. */
export interface LambdaPlatform {
  streamifyResponse<Handler>(handler: Handler): Handler
  readonly HttpResponseStream: { from(stream: ResponseStream, metadata: object): ResponseStream }
}

import { afterAll, beforeAll, describe } from 'vitest'
import { testAnswers } from './answers.js'
import { testCalls } from './calls.js'
import { type Bench, type MakeRuntime, type RuntimeTestOptions, setUpBench } from './runtime-under-test.js'
import { testStreams } from './streams.js'

/** The contract of a runtime: what a handler sees of a request, and what the caller sees of its answer, on the wire. */
export function testRuntime(name: string, makeRuntime: MakeRuntime, options: RuntimeTestOptions = {}): void {
  describe(`${name} is a runtime:`, () => {
    let bench: Bench | undefined
    const get = (): Bench => {
      if (bench === undefined) throw new Error('The runtime was not made')
      return bench
    }

    beforeAll(async () => {
      bench = await setUpBench(makeRuntime)
    })
    afterAll(async () => {
      await bench?.stop()
    })

    testCalls(get, { keepsHeaders: options.keepsHeaders ?? true, arrivesAs: options.arrivesAs ?? ((target) => target) })
    testAnswers(get, options.answerBytes ?? 3_000_000)
    if (options.streams ?? true) testStreams(get, options.streamsRequests ?? true)
  })
}

import { afterEach, beforeEach, describe } from 'vitest'
import { testFailures } from './failures.js'
import { testRequests } from './requests.js'
import { testResponses } from './responses.js'
import { type Bench, type MakeTransport, setUpBench } from './transport-under-test.js'

/** The contract of `Transport`, as vitest suites over real sockets on loopback. Each test gets a transport of its own. */
export function testTransport(name: string, makeTransport: MakeTransport): void {
  describe(`${name} is a transport:`, () => {
    let bench: Bench | undefined
    const get = (): Bench => {
      if (bench === undefined) throw new Error('The transport was not made')
      return bench
    }

    beforeEach(async () => {
      bench = await setUpBench(makeTransport)
    })
    afterEach(async () => {
      await bench?.stop()
    })

    testRequests(get)
    testResponses(get)
    testFailures(get, makeTransport)
  })
}

// What `process.nextTick` costs before and after full collections that found none of its objects alive, and with one
// of them kept: why runtime-node keeps one (tick-shape.ts).
import { executionAsyncResource } from 'node:async_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const ticks = 200_000
const rounds = 6
const collections = 12
const keeps = process.argv.includes('--keep')

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc')
let kept
if (keeps) {
  process.nextTick(() => {
    kept = executionAsyncResource()
  })
}

const before = await least()
for (let count = 0; count < collections; count += 1) {
  await sleep(20)
  collect()
}
const after = await least()
console.log(`Node ${process.versions.node}, ns a tick${kept === undefined ? '' : ', one object kept'}`)
console.log(`before ${before}, after ${collections} full collections ${after}`)

async function least() {
  const all = []
  for (let round = 0; round < rounds; round += 1) all.push(await nanosecondsOfTick())
  return Math.round(Math.min(...all))
}

function nanosecondsOfTick() {
  return new Promise((resolve) => {
    const start = process.hrtime.bigint()
    let left = ticks
    const tick = () => {
      left -= 1
      if (left > 0) process.nextTick(tick)
      else resolve(Number(process.hrtime.bigint() - start) / ticks)
    }
    process.nextTick(tick)
  })
}

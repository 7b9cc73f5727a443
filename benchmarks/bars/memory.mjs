import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { warmUp } from '../lib/load.mjs'
import { descriptorLimit, loadCore, openDescriptors, residentBytes } from '../lib/machine.mjs'
import { freePort, startPinned, whenListening } from '../lib/processes.mjs'
import { table } from '../lib/report.mjs'
import { download, openEventStream, upload } from '../lib/streams.mjs'

const gibibyte = 1024 ** 3
const mebibyte = 1024 ** 2

export const memoryScenario = {
  name: 'memory',
  bar: 4,
  title: 'Resident memory',
  candidates: ['reply-from', 'product'],
}

/** Each figure in the order of the table: its unit, the product's limit, and how it is measured on a fresh process. */
const figures = [
  { name: 'download of 3 GiB: growth after the first', unit: 'MiB', atMost: 10, measure: measureDownload },
  { name: 'upload of 3 GiB: growth after the first', unit: 'MiB', atMost: 10, measure: measureUpload },
  { name: 'reader stalled in the middle of 1 GiB', unit: 'MiB', atMost: 25, measure: measureStall },
  { name: 'idle event streams, each', unit: 'KiB', atMost: 30, measure: measureEventStreams },
  { name: 'descriptors left 5 s after closing them', unit: '', atMost: 5 },
]

export async function measureMemory({ candidates, place, settings, node, say }) {
  const port = await freePort()
  const origin = startPinned({
    core: loadCore,
    command: node,
    args: [join(import.meta.dirname, '..', 'load', 'memory-origin.mjs')],
    env: { PORT: String(port) },
  })
  await whenListening(origin, port)
  const upstream = new URL(`http://localhost:${port}`)
  const results = new Map(candidates.map(({ name }) => [name, []]))
  for (const candidate of candidates) {
    for (const { measure } of figures.filter((figure) => figure.measure !== undefined)) {
      const proxy = await candidate.start({ ...place, upstream })
      results.get(candidate.name).push(...(await measure({ proxy, upstream, settings })))
      await proxy.stop()
      if (proxy.folder !== undefined) await rm(proxy.folder, { recursive: true, force: true })
      say(
        `memory  ${candidate.name}: ${results
          .get(candidate.name)
          .map((value) => value.toFixed(1))
          .join(', ')}`,
      )
    }
  }
  await origin.stop()
  return results
}

/** The verdicts on the product, and a table of all. */
export function judgeMemory(results) {
  const product = results.get('product')
  const verdicts = figures.map(({ name, atMost }, index) => ({
    of: 'product',
    to: name,
    ratio: product?.[index],
    atMost,
    met: product === undefined || product[index] <= atMost,
  }))
  const rows = figures.map(({ name, unit, atMost }, index) => [
    unit === '' ? name : `${name}, ${unit}`,
    ...[...results.values()].map((list) => list[index].toFixed(1)),
    `≤ ${atMost}`,
    product === undefined ? '' : verdicts[index].met ? 'met' : 'NOT MET',
  ])
  return { verdicts, text: table(['figure', ...results.keys(), 'bar', ''], rows) }
}

async function measureDownload({ proxy, settings }) {
  const peaks = peaksOf(proxy)
  await download(proxy.call(`/stream?bytes=${settings.streamGibibytes * gibibyte}`), peaks.note)
  return [peaks.growth()]
}

async function measureUpload({ proxy, settings }) {
  const peaks = peaksOf(proxy)
  const total = settings.streamGibibytes * gibibyte
  const taken = await upload(proxy.call('/sink'), total, peaks.note)
  if (taken !== total) throw new Error(`${taken} of ${total} bytes arrived`)
  return [peaks.growth()]
}

async function measureStall({ proxy }) {
  // One whole download first: what any streaming costs is not the stall's.
  await download(proxy.call(`/stream?bytes=${gibibyte}`), () => {})
  await sleep(1000)
  const before = residentBytes(proxy.pid)
  let during = 0
  let hasStalled = false
  await download(proxy.call(`/stream?bytes=${gibibyte}`), async (bytes) => {
    if (hasStalled || bytes < gibibyte / 2) return
    hasStalled = true
    for (let step = 0; step < 30; step += 1) {
      await sleep(100)
      during = Math.max(during, residentBytes(proxy.pid))
    }
  })
  return [(during - before) / mebibyte]
}

async function measureEventStreams({ proxy, upstream, settings }) {
  const count = settings.eventStreams
  if (descriptorLimit() < count * 2 + 500) {
    throw new Error(`${count} event streams need a higher limit of open files: ulimit -n ${count * 2 + 500}`)
  }
  const call = proxy.call('/events')
  await warmUp(proxy.call('/1k.json'), settings.memoryWarmUpCalls)
  await sleep(1000)
  const before = { bytes: residentBytes(proxy.pid), descriptors: openDescriptors(proxy.pid) }
  const sockets = []
  while (sockets.length < count) {
    const batch = Math.min(100, count - sockets.length)
    sockets.push(...(await Promise.all(Array.from({ length: batch }, () => openEventStream(call)))))
  }
  await sleep(3000)
  const each = (residentBytes(proxy.pid) - before.bytes) / count / 1024
  for (const socket of sockets) socket.destroy()
  await untilClosed(upstream)
  const left = () => Math.max(0, openDescriptors(proxy.pid) - before.descriptors)
  for (let waited = 0; waited < 50 && left() > 0; waited += 1) await sleep(100)
  return [each, left()]
}

/** Waits until the origin has seen every event stream end. */
async function untilClosed(upstream) {
  for (let waited = 0; waited < 100; waited += 1) {
    const { open } = await (await fetch(new URL('/open', upstream))).json()
    if (open === 0) return
    await sleep(100)
  }
  throw new Error('event streams are still open at the origin ten seconds after their readers left')
}

/** The highest resident memory within the first GiB and after it. */
function peaksOf(proxy) {
  let first = 0
  let later = 0
  let next = 0
  return {
    note(bytes) {
      if (bytes < next) return
      next = bytes + 8 * mebibyte
      const resident = residentBytes(proxy.pid)
      if (bytes <= gibibyte) first = Math.max(first, resident)
      else later = Math.max(later, resident)
    },
    growth: () => Math.max(0, later - first) / mebibyte,
  }
}

import { PerformanceObserver } from 'node:perf_hooks'
import { getHeapSpaceStatistics, getHeapStatistics, setFlagsFromString } from 'node:v8'

/** Of both halves together. */
const boundBytes = 2 * 16 * 1024 * 1024
/** Of buffers outside of V8's heap: beyond it, bodies are being streamed. */
const streamedBytes = 16 * 1024 * 1024
const lookMs = 100
/** Without streamed bodies, before it may grow. */
const quietLooks = 10
const sizedByOperator = /--(?:min|max)[-_]semi[-_]space[-_]size|--semi[-_]space[-_]growth[-_]factor/

/**
 * Holds V8's young generation at the size it has: to be called first of all. What is loaded at a start would make it grow
 * beyond the bound of `growYoungGeneration`, and while it is small, a process that streams leaves less behind. Nothing
 * is done where the command line gives a size.
 */
export function holdYoungGeneration(): void {
  if (isSizedByOperator()) return
  setGrowthFactor(1)
  // Node writes its compile cache last of all, and takes it at the next start for these flags alone.
  process.once('exit', () => setGrowthFactor(2))
}

/**
 * Lets it grow under load, to two halves of 16 MiB, and not while bodies are streamed. Their buffers lie outside of V8's
 * heap and are freed with what is small inside of it: by a quick collection, unless their sum reaches V8's bound (64 MiB)
 * before. Then the whole heap is gone through each time, which is a fifth of the CPU of an upload, and Node 24 alone,
 * which lets it grow to two halves of 64 MiB, does so for bodies of 64 KiB already.
 */
export function growYoungGeneration(): void {
  if (isSizedByOperator()) return
  let isGrowing = false
  let quiet = 0
  const decide = () => {
    const mayGrow = quiet >= quietLooks && 2 * youngGenerationBytes() <= boundBytes
    if (mayGrow === isGrowing) return
    isGrowing = mayGrow
    setGrowthFactor(mayGrow ? 2 : 1)
  }
  new PerformanceObserver(decide).observe({ entryTypes: ['gc'] })
  setInterval(() => {
    quiet = getHeapStatistics().external_memory > streamedBytes ? 0 : quiet + 1
    decide()
  }, lookMs).unref()
}

function isSizedByOperator(): boolean {
  return sizedByOperator.test([...process.execArgv, process.env.NODE_OPTIONS ?? ''].join(' '))
}

function setGrowthFactor(factor: 1 | 2): void {
  setFlagsFromString(`--semi-space-growth-factor=${factor}`)
}

function youngGenerationBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.space_size ?? 0
}

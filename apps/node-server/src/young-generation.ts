import { PerformanceObserver } from 'node:perf_hooks'
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'

/** Of both halves together. */
const boundBytes = 2 * 16 * 1024 * 1024
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
 * Lets it grow under load, to two halves of 16 MiB. Node 24 would let it grow to four times that: the buffers of bodies
 * then reach V8's bound for memory outside of its heap (64 MiB) before a quick collection frees them, and each time
 * the whole heap is gone through, for bodies of 64 KiB a third of a call's CPU.
 */
export function growYoungGeneration(): void {
  if (isSizedByOperator()) return
  let isGrowing = false
  const onCollection = () => {
    const mayGrow = 2 * youngGenerationBytes() <= boundBytes
    if (mayGrow === isGrowing) return
    isGrowing = mayGrow
    setGrowthFactor(mayGrow ? 2 : 1)
  }
  new PerformanceObserver(onCollection).observe({ entryTypes: ['gc'] })
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

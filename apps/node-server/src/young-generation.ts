import { PerformanceObserver } from 'node:perf_hooks'
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'

/** Both halves of V8's young generation together. */
const boundBytes = 2 * 16 * 1024 * 1024

/**
 * Keeps V8's young generation from growing on at 16 MiB. Node 24 lets it grow to four times that: the buffers of bodies
 * then reach V8's bound for memory outside of its heap (64 MiB) before a quick collection frees them, and each time
 * the whole heap is gone through, for bodies of 64 KiB a third of a call's CPU. `--max-semi-space-size=16` does the
 * same, but only on the command line; where it is given, nothing is done here.
 */
export function boundYoungGeneration(): void {
  const given = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].join(' ')
  if (/--max[-_]semi[-_]space[-_]size/.test(given)) return
  let isGrowing = true
  const onCollection = () => {
    const mayGrow = youngGenerationBytes() < boundBytes
    if (mayGrow === isGrowing) return
    isGrowing = mayGrow
    setFlagsFromString(`--semi-space-growth-factor=${mayGrow ? 2 : 1}`)
  }
  new PerformanceObserver(onCollection).observe({ entryTypes: ['gc'] })
}

function youngGenerationBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.space_size ?? 0
}

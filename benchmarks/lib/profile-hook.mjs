// Preloaded into a process by profile.mjs: the first SIGUSR2 starts the profiler, the second writes what it saw.
import { writeFileSync } from 'node:fs'
import { Session } from 'node:inspector'

const { PROFILE_PREFIX: prefix, PROFILE_MEMORY: ofMemory } = process.env
const session = new Session()
let isRunning = false

process.on('SIGUSR2', () => {
  if (isRunning) stop()
  else start()
})

function start() {
  isRunning = true
  session.connect()
  if (ofMemory === '1') {
    session.post('HeapProfiler.startSampling', {
      samplingInterval: 16_384,
      includeObjectsCollectedByMajorGC: true,
      includeObjectsCollectedByMinorGC: true,
    })
    return
  }
  session.post('Profiler.enable')
  session.post('Profiler.setSamplingInterval', { interval: 200 })
  session.post('Profiler.start')
}

function stop() {
  session.post(ofMemory === '1' ? 'HeapProfiler.stopSampling' : 'Profiler.stop', (error, result) => {
    if (error === null) writeFileSync(`${prefix}${process.pid}.cpuprofile`, JSON.stringify(result.profile))
    session.disconnect()
  })
}

// Preloaded into a process by profile.mjs: the first SIGUSR2 starts the profiler, the second writes what it saw.
import { writeFileSync } from 'node:fs'
import { Session } from 'node:inspector'

const session = new Session()
let profiling = false

process.on('SIGUSR2', () => {
  if (profiling) {
    session.post('Profiler.stop', (error, result) => {
      if (error === null)
        writeFileSync(`${process.env.PROFILE_PREFIX}${process.pid}.cpuprofile`, JSON.stringify(result.profile))
      session.disconnect()
    })
    return
  }
  profiling = true
  session.connect()
  session.post('Profiler.enable')
  session.post('Profiler.setSamplingInterval', { interval: 200 })
  session.post('Profiler.start')
})

import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { isOrphan } from './ancestors.mjs'

const parentCheckMilliseconds = process.platform === 'linux' ? 250 : 1_000
const endMilliseconds = 15_000
const sameKeyPressMilliseconds = 500
const passedOn = ['SIGINT', 'SIGTERM', 'SIGHUP']

/**
 * Runs a command to its end and resolves to its exit status (128 + n when signal n ended it). The command is a process
 * group of its own: signals reach it from here only, once, and whatever it leaves behind ends with it. It is also
 * ended when the process that started this one is gone, because a killed npm passes nothing on. `onStart` is told its
 * pid; the other options are spawn's.
 */
export function runForeground(command, args, { onStart, ...options } = {}) {
  const child = spawn(command, args, { stdio: 'inherit', ...options, detached: true })
  return new Promise((resolve, reject) => {
    let endTimer
    let lastSignalAt = Number.NEGATIVE_INFINITY
    const signalGroup = (signal) => {
      try {
        process.kill(-child.pid, signal)
      } catch {
        // The group is gone already.
      }
    }
    const passOn = (signal) => {
      // A Ctrl-C arrives twice: from the terminal, and from npm, which got it too.
      const now = performance.now()
      if (now - lastSignalAt < sameKeyPressMilliseconds) return
      lastSignalAt = now
      signalGroup(signal)
    }
    const parentTimer = setInterval(() => {
      if (!isOrphan()) return
      clearInterval(parentTimer)
      signalGroup('SIGTERM')
      endTimer = setTimeout(() => signalGroup('SIGKILL'), endMilliseconds)
    }, parentCheckMilliseconds)
    const finish = () => {
      clearInterval(parentTimer)
      clearTimeout(endTimer)
      for (const signal of passedOn) process.off(signal, passOn)
    }
    for (const signal of passedOn) process.on(signal, passOn)
    child.once('spawn', () => onStart?.(child.pid))
    child.once('error', (error) => {
      finish()
      reject(error)
    })
    child.once('exit', (status, signal) => {
      finish()
      signalGroup('SIGKILL')
      resolve(signal === null ? status : 128 + constants.signals[signal])
    })
  })
}

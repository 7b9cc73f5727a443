import { readdirSync, readFileSync } from 'node:fs'
import { cpus } from 'node:os'

/** The core of the proxy under test, and the core that the load and the origin share. */
export const proxyCore = 0
export const loadCore = 1

const read = (path) => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** A process and everything it started, by id. */
export function processTree(pid) {
  const found = [pid]
  for (const thread of threads(pid)) {
    for (const child of read(`/proc/${pid}/task/${thread}/children`).split(' ')) {
      if (child !== '') found.push(...processTree(Number(child)))
    }
  }
  return found
}

/** What a process tree has used so far, over all threads: nanoseconds on a core, and waiting for one. */
export function processorTime(pid) {
  let used = 0
  let delayed = 0
  for (const member of processTree(pid)) {
    for (const thread of threads(member)) {
      const [onCore, waiting] = read(`/proc/${member}/task/${thread}/schedstat`).split(' ')
      used += Number(onCore ?? 0)
      delayed += Number(waiting ?? 0)
    }
  }
  return { used, delayed }
}

/** Resident memory of a process tree in bytes. */
export function residentBytes(pid) {
  return processTree(pid).reduce((sum, member) => {
    const line = /^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${member}/status`))
    return sum + Number(line?.[1] ?? 0) * 1024
  }, 0)
}

/** Open sockets, files and pipes of a process tree. */
export function openDescriptors(pid) {
  return processTree(pid).reduce((sum, member) => sum + list(`/proc/${member}/fd`).length, 0)
}

/** Seconds since boot that each core was busy, and that the hypervisor gave to others. */
export function coreTimes() {
  return read('/proc/stat')
    .split('\n')
    .filter((line) => /^cpu\d/.test(line))
    .map((line) => {
      const [user, nice, system, , , irq, softirq, steal] = line.split(/\s+/).slice(1).map(Number)
      return { busy: (user + nice + system + irq + softirq) / 100, steal: steal / 100 }
    })
}

/** How many files one process may hold open. */
export function descriptorLimit() {
  return Number(/^Max open files\s+\S+\s+(\d+)/m.exec(read('/proc/self/limits'))?.[1] ?? 1024)
}

export const coreCount = () => cpus().length

const threads = (pid) => list(`/proc/${pid}/task`)

function list(folder) {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

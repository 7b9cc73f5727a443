import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

// npm runs a script by a shell, which may stay between the two and outlives npm.
const shells = new Set(['sh', 'ash', 'bash', 'busybox', 'dash', 'ksh', 'zsh'])

const parent = process.ppid
const parentOfShell = findParentOfShell()

/** True when what started this process is gone: its parent, or npm behind the shell that is its parent. */
export function isOrphan() {
  return process.ppid !== parent || (parentOfShell !== undefined && parentOfShell !== describeProcess(parent)?.parent)
}

function findParentOfShell() {
  if (process.env.npm_lifecycle_event === undefined) return undefined
  const described = describeProcess(parent)
  return described !== undefined && shells.has(described.name) ? described.parent : undefined
}

/** Name and parent of a process, by /proc or, where there is none, by ps; undefined when it is gone. */
function describeProcess(pid) {
  try {
    // The name stands in parentheses and may hold any character; the state and the parent's pid follow.
    const [, name, rest] = /^\d+ \((.*)\) (.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))
    return { name, parent: Number(rest.split(' ')[1]) }
  } catch {
    return process.platform === 'linux' ? undefined : askPs(pid)
  }
}

function askPs(pid) {
  try {
    const line = execFileSync('ps', ['-o', 'ppid=,comm=', '-p', String(pid)], { encoding: 'utf8' })
    const [, parentId, name] = /^\s*(\d+)\s+-?(?:.*\/)?(\S+)\s*$/.exec(line)
    return { name, parent: Number(parentId) }
  } catch {
    return undefined
  }
}

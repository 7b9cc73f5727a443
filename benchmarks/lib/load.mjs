import { join } from 'node:path'
import { loadCore } from './machine.mjs'
import { run } from './processes.mjs'

/** A script for wrk of the folder `load`. */
export const loadScript = (name) => join(import.meta.dirname, '..', 'load', name)

/**
 * Sends calls with wrk from the load core, over 32 connections that stay open.
 * Rejects when any call failed: a figure over refused calls would say nothing.
 * @param callsBefore where a script that goes through its accounts goes on: each chunk of a load is a wrk of its own
 * @returns how many calls were answered, in how many seconds
 */
export async function sendLoad({ url, headers = {}, seconds, script, scriptArguments = [], callsBefore = 0 }) {
  const output = await run('taskset', [
    ...['-c', String(loadCore), 'wrk', '-t', '1', '-c', '32', '-d', `${seconds}s`, '--timeout', '10s'],
    ...Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]),
    ...(script === undefined ? [] : ['-s', script]),
    url,
    ...(scriptArguments.length === 0 ? [] : ['--', ...scriptArguments.map(String), String(callsBefore)]),
  ])
  const counted = /(\d+) requests in ([\d.]+)(m?s|m)/.exec(output)
  const failed = /Socket errors:.*|Non-2xx or 3xx responses:.*/.exec(output)
  if (failed !== null) throw new Error(`calls failed at ${url}: ${failed[0]}`)
  if (counted === null) throw new Error(`wrk said nothing of calls:\n${output}`)
  const unit = { ms: 0.001, s: 1, m: 60 }[counted[3]]
  return { calls: Number(counted[1]), seconds: Number(counted[2]) * unit }
}

/** Sends load until at least `calls` were answered, for two minutes at most. */
export async function warmUp(load, calls) {
  let sent = 0
  for (let chunk = 0; sent < calls; chunk += 1) {
    if (chunk === 60) throw new Error(`only ${sent} calls were answered in two minutes at ${load.url}`)
    sent += (await sendLoad({ ...load, seconds: 2, callsBefore: sent })).calls
  }
  return sent
}

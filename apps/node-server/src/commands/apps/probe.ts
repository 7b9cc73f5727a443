import { type App, AppDefinitionError, systemClock, undiciTransport } from '@proxy/core'
import { stringify } from 'yaml'
import { readOptions } from '../arguments.js'
import { CommandFailed } from '../command-failed.js'
import { table } from '../table.js'
import { UsageError } from '../usage-error.js'
import { knownApps, requireApp } from './known-apps.js'
import { writeOrPrint } from './output.js'
import { patchOf } from './probe/patch.js'
import { type Finding, type Probed, probeApp } from './probe/probe-app.js'

const atOnce = 8

/**
 * Asks the live APIs whether they are as the definitions say: does the API ask for the credential that the app places,
 * is the token endpoint one, does its metadata agree. No account and no credential is needed. Throws, with the table,
 * when something differs or nothing could be reached.
 */
export async function probeApps(args: readonly string[]): Promise<string> {
  const { values, positionals: names } = readOptions(args, {
    json: { type: 'boolean' },
    out: { type: 'string' },
    field: { type: 'string' },
  })
  const { registry, config } = knownApps(values.config)
  const slugs =
    names.length === 0 ? registry.list().map(({ slug }) => slug) : names.map((name) => requireApp(registry, name).slug)
  const clock = systemClock()
  const transport = undiciTransport({ clock, ...(config !== undefined && { network: config.network }) })
  const fields = readFields(values.field)
  const results: Probed[] = []
  try {
    for (let start = 0; start < slugs.length; start += atOnce) {
      const apps = slugs.slice(start, start + atOnce).flatMap((slug) => findSound(registry.find, slug))
      results.push(...(await Promise.all(apps.map((app) => probeApp(app, fields, transport)))))
    }
  } finally {
    await transport.close()
  }
  return report(results, values.json, values.out, new Date(clock.now()).toISOString().slice(0, 10))
}

function findSound(find: (slug: string) => App | undefined, slug: string): readonly App[] {
  try {
    const app = find(slug)
    return app === undefined ? [] : [app]
  } catch (error) {
    if (error instanceof AppDefinitionError) return []
    throw error
  }
}

/** `subdomain=acme,region=eu`: values for the hosts of apps that need some. */
function readFields(text: string | undefined): Readonly<Record<string, string>> {
  const pairs = (text ?? '').split(',').filter((part) => part !== '')
  return Object.fromEntries(
    pairs.map((pair) => {
      const split = pair.indexOf('=')
      if (split < 1) throw new UsageError('--field takes NAME=VALUE, and commas between several.')
      return [pair.slice(0, split), pair.slice(split + 1)]
    }),
  )
}

function report(results: readonly Probed[], asJson: boolean, out: string | undefined, today: string): string {
  const patch = stringify(Object.fromEntries(results.flatMap((result) => patchOf(result, today))), {
    lineWidth: 0,
  }).trimEnd()
  const wrote = out === undefined ? [] : [writeOrPrint(patch, out)]
  const text = [asJson ? results.map(asLine).join('\n') : asTable(results), ...wrote].join('\n')
  const asked = results.flatMap(({ findings }) => findings.filter(({ verdict }) => verdict !== 'skipped'))
  if (asked.length > 0 && asked.every(({ verdict }) => verdict === 'unreached')) {
    throw new CommandFailed(
      `${text}\nNo API could be reached, so nothing is known of any app: probing needs a machine with internet access.`,
    )
  }
  if (asked.some(({ verdict }) => verdict === 'differs')) throw new CommandFailed(text)
  return text
}

function asLine({ app, level, findings }: Probed): string {
  return JSON.stringify({ app: app.slug, result: level, findings })
}

function asTable(results: readonly Probed[]): string {
  const cell = (findings: readonly Finding[], part: Finding['part']) => {
    const found = findings.find((finding) => finding.part === part)
    return found === undefined ? '' : `${found.verdict}: ${found.reason}`
  }
  const rows = results.map(({ app, level, findings }) => [
    app.slug,
    level,
    cell(findings, 'credential'),
    cell(findings, 'token'),
    cell(findings, 'metadata'),
  ])
  return table(['APP', 'RESULT', 'CREDENTIAL', 'TOKEN ENDPOINT', 'METADATA'], rows)
}

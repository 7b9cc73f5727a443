import { join, resolve } from 'node:path'
import type { ProcessSettings } from '../config.js'
import { banner } from './banner.js'
import { openDataFolder } from './data-folder.js'
import { demoConfig } from './demo-config.js'
import { startDemoUpstream } from './demo-upstream.js'
import { freePort } from './free-port.js'

/** What runs when nobody configured anything. */
export interface Demo {
  /** The text of its configuration. */
  readonly text: string
  /** The same for a server beside another one that uses the data folder. */
  readonly textWithoutFile: string
  /** Shows what to paste. */
  welcome(url: string, keepsData: boolean): void
  stop(): Promise<void>
}

const usualPort = 3_000

/** Makes this installation's secrets, once, and starts the API that the demo calls. */
export async function startDemo(settings: ProcessSettings['demo']): Promise<Demo> {
  const { port = usualPort } = settings
  const folder = resolve(settings.folder)
  const keys = openDataFolder(folder)
  const upstream = await startDemoUpstream(keys.demoApiKey)
  const actualPort = await freePort([port, port + 1, port + 2])
  const places = { port: actualPort, upstreamPort: upstream.port }
  return {
    text: demoConfig(keys, { ...places, file: join(folder, 'proxy.db') }),
    textWithoutFile: demoConfig(keys, { ...places, file: undefined }),
    welcome(url, keepsData) {
      const takenPort = port === 0 || actualPort === port ? undefined : port
      const facts = { url, takenPort, upstreamPort: upstream.port, clientSecret: keys.clientSecret, folder, keepsData }
      process.stderr.write(banner(facts))
    },
    stop: () => upstream.stop(),
  }
}

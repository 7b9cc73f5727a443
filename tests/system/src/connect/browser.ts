import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium } from 'playwright-core'

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Where Chromium is: `CHROMIUM` names it, else where Debian puts it; undefined when there is none. */
export const chromiumPath: string | undefined = [process.env.CHROMIUM ?? '', ...places].find(existsSync)

if (chromiumPath === undefined) {
  process.stderr.write(
    'There is no Chromium (Debian package "chromium"), so the connect page is not tested in a browser.\n',
  )
}

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--ignore-certificate-errors',
]

export interface Browser {
  readonly context: BrowserContext
  /** What pages complained of: script errors, blocked content, failed requests. */
  readonly complaints: string[]
  close(): Promise<void>
}

export interface BrowserOptions {
  readonly withoutScripts?: boolean
  readonly colorScheme?: 'light' | 'dark'
}

/** A browser of its own, with an empty profile that is gone when it is closed. */
export async function openBrowser({
  withoutScripts = false,
  colorScheme = 'light',
}: BrowserOptions = {}): Promise<Browser> {
  const profile = mkdtempSync(join(tmpdir(), 'api-proxy-chromium-'))
  const context = await chromium.launchPersistentContext(profile, {
    ...(chromiumPath !== undefined && { executablePath: chromiumPath }),
    headless: true,
    args: flags,
    ignoreHTTPSErrors: true,
    javaScriptEnabled: !withoutScripts,
    colorScheme,
    viewport: { width: 900, height: 760 },
  })
  context.setDefaultTimeout(10_000)
  const complaints: string[] = []
  context.on('weberror', (error) => complaints.push(String(error.error())))
  context.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  return {
    context,
    complaints,
    async close() {
      await context.close()
      rmSync(profile, { recursive: true, force: true })
    },
  }
}

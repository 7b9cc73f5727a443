// The two commands of a clone, with nothing installed but Node and npm: sets up what is missing, then runs the
// server or the tests in the foreground. Everything here prints to stderr; stdout belongs to what is run.
import { bootstrap } from './bootstrap/bootstrap.mjs'
import { cleanEnvironment, root } from './bootstrap/environment.mjs'
import { fail, isNodeSupported } from './bootstrap/messages.mjs'
import { runForeground } from './bootstrap/processes.mjs'

const commands = {
  start: (args) => ['apps/node-server/dist/cli.js', 'serve', ...args],
  test: (args) => ['node_modules/vitest/vitest.mjs', 'run', ...args],
  build: (args) => ['node_modules/turbo/bin/turbo', 'run', 'build', 'declarations', ...args],
  boundaries: () => ['node_modules/turbo/bin/turbo', 'boundaries'],
  bootstrap: () => undefined,
}

const needsBuiltApps = new Set(['start', 'test', 'bootstrap'])

const [name = '', ...args] = process.argv.slice(2)
const command = commands[name]
if (!isNodeSupported(process.versions.node)) {
  fail(`Node ${process.versions.node} is too old: this needs 20.19 or later, or 22.12 or later.`)
} else if (command === undefined) {
  fail(`Unknown command "${name}". One of: ${Object.keys(commands).join(', ')}.`)
} else {
  try {
    await bootstrap({ build: needsBuiltApps.has(name) })
    const child = command(args)
    if (child !== undefined) {
      process.exitCode = await runForeground(process.execPath, child, { cwd: root, env: cleanEnvironment() })
    }
  } catch (error) {
    fail(error.message, error.status)
  }
}

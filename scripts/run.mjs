// The two commands of a clone, with nothing installed but Node and npm: sets up what is missing, then runs the
// server or the tests in the foreground. Everything here prints to stderr; stdout belongs to what is run.
import { bootstrap } from './bootstrap/bootstrap.mjs'
import { cleanEnvironment, root } from './bootstrap/environment.mjs'
import { fail, isNodeSupported } from './bootstrap/messages.mjs'
import { runForeground } from './bootstrap/processes.mjs'
import { longTests } from './long-tests.mjs'

const vitest = ['node_modules/vitest/vitest.mjs', 'run']
const commands = {
  start: (args) => ['apps/node-server/dist/cli.js', 'serve', ...args],
  test: (args) => [...vitest, ...args],
  'test-long': (args) => [...vitest, ...longTests, ...args],
  'test-all': (args) => [...vitest, ...args],
  build: (args) => ['node_modules/turbo/bin/turbo', 'run', 'build', 'declarations', ...args],
  boundaries: () => ['node_modules/turbo/bin/turbo', 'boundaries'],
  bootstrap: () => undefined,
}

const needsBuiltApps = new Set(['start', 'test', 'test-long', 'test-all', 'bootstrap'])

const [name = '', ...args] = process.argv.slice(2)
const command = commands[name]
/** Whoever names tests gets them, long or not. */
const leavesLongTests = name === 'test' && args.every((arg) => arg.startsWith('-'))
if (!isNodeSupported(process.versions.node)) {
  fail(`Node ${process.versions.node} is too old: this needs 20.19 or later, or 22.12 or later.`)
} else if (command === undefined) {
  fail(`Unknown command "${name}". One of: ${Object.keys(commands).join(', ')}.`)
} else {
  try {
    await bootstrap({ build: needsBuiltApps.has(name) })
    const child = command(args)
    if (child !== undefined) {
      const env = { ...cleanEnvironment(), ...(leavesLongTests && { TESTS: 'short' }) }
      process.exitCode = await runForeground(process.execPath, child, { cwd: root, env })
    }
  } catch (error) {
    fail(error.message, error.status)
  }
}

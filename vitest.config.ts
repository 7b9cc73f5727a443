import { existsSync, readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'
import { longTests } from './scripts/long-tests.mjs'
import { SummaryReporter } from './scripts/summary-reporter.js'

const root = fileURLToPath(new URL('.', import.meta.url))

/** The folders with a package.json directly under `parent`, as `parent/name`. */
function packagesUnder(parent: string): string[] {
  return readdirSync(`${root}${parent}`)
    .map((name) => `${parent}/${name}`)
    .filter((folder) => existsSync(`${root}${folder}/package.json`))
}

function project(folder: string): TestProjectInlineConfiguration {
  // Systems of processes get a process for each file. The others load what they test once.
  const isolate = folder.startsWith('tests/') && folder !== 'tests/official-clients'
  return { extends: true, test: { name: basename(folder), include: [`${folder}/**/*.test.ts`], isolate } }
}

const folders = [
  ...packagesUnder('packages'),
  ...packagesUnder('apps'),
  ...packagesUnder('tests'),
  'benchmarks',
  'examples',
  'scripts',
]

/**
 * 4,000 callers at a time, and a process that is stopped for 15 seconds: for a machine that has nothing else to do.
 * `npm run test:redis-faults` runs it, and judges how long things take in the other tests with Redis.
 */
const redisFaults = ['**/src/refresh/redis-instances.test.ts']

const left = [
  ...(process.env.REDIS_FAULTS === '1' ? [] : redisFaults),
  ...(process.env.TESTS === 'short' ? longTests.map((path) => (path.endsWith('/') ? `${path}**` : path)) : []),
]

export default defineConfig({
  resolve: {
    // Tests run on the sources, so that they need no build; what a user installs is covered by the black-box tests.
    alias: [
      { find: '@proxy/core/fetch', replacement: `${root}packages/core/src/fetch.ts` },
      {
        find: '@proxy/storage-aws-secrets-manager/settings',
        replacement: `${root}packages/storage-aws-secrets-manager/src/settings.ts`,
      },
      ...packagesUnder('packages').map((folder) => ({
        find: new RegExp(`^@proxy/${basename(folder)}$`),
        replacement: `${root}${folder}/src/index.ts`,
      })),
    ],
  },
  test: {
    projects: folders.map(project),
    exclude: ['**/node_modules/**', '**/dist/**', ...left],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // Many tests wait for servers, deadlines and outages rather than compute.
    maxWorkers: Math.ceil(1.5 * availableParallelism()),
    reporters: [new SummaryReporter()],
  },
})

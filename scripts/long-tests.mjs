/**
 * Where tests stand that take long: outages, many processes, waits, whole fleets of fronts. `npm test` leaves them to
 * `npm run test:long`, so that a change is judged within four minutes; CI runs both.
 */
export const longTests = [
  'tests/lambda-fronts/',
  'tests/official-clients/nango/moving-docs.test.ts',
  ...['catalogue', 'connect', 'kms', 'moving', 'redis', 'refresh', 'reliability', 'secrets-manager', 'security'].map(
    (folder) => `tests/system/src/${folder}/`,
  ),
  ...['corpora-targets', 'deploy', 'logs', 'network-namespace', 'shutdown', 'workers'].map(
    (name) => `tests/system/src/${name}.test.ts`,
  ),
]

import { createRequire } from 'node:module'
import { defineConfig, type Options } from 'tsup'

type Plugin = NonNullable<Options['esbuildPlugins']>[number]

/** Libraries hand out everything they have through one door; here is what is used of them, a third of the bundle. */
const usedParts: Plugin = {
  name: 'used-parts',
  setup(build) {
    const core = createRequire(new URL('../../packages/core/package.json', import.meta.url))
    const redis = createRequire(new URL('../../packages/storage-redis/package.json', import.meta.url))
    build.onResolve({ filter: /^undici$/ }, () => ({ path: 'undici', namespace: 'used-parts', sideEffects: false }))
    build.onLoad({ filter: /^undici$/, namespace: 'used-parts' }, () => ({
      contents: `
        import Client from ${JSON.stringify(core.resolve('undici/lib/dispatcher/client.js'))}
        import buildConnector from ${JSON.stringify(core.resolve('undici/lib/core/connect.js'))}
        export { buildConnector, Client }`,
      resolveDir: '/',
    }))
    // Most of a cold start would be the client of a store that is not used: it is run when a client is made.
    build.onResolve({ filter: /^ioredis$/ }, ({ kind }) =>
      kind === 'import-statement' ? { path: 'ioredis', namespace: 'used-parts', sideEffects: false } : undefined,
    )
    build.onLoad({ filter: /^ioredis$/, namespace: 'used-parts' }, () => ({
      contents: `
        const load = () => require(${JSON.stringify(redis.resolve('ioredis'))})
        function Redis(...given) { return new (load().Redis)(...given) }
        function Cluster(...given) { return new (load().Cluster)(...given) }
        export { Cluster, Redis }`,
      resolveDir: '/',
    }))
    // Upstreams are spoken to in HTTP/1.1 alone, and loading Node's HTTP/2 takes as long as all of the proxy's own code.
    build.onLoad({ filter: /[\\/]undici[\\/]lib[\\/]dispatcher[\\/]client-h2\.js$/ }, () => ({
      contents: `module.exports = () => { throw new Error('HTTP/2 is not spoken.') }`,
    }))
    // Log lines go to standard output, not to a thread.
    build.onLoad({ filter: /[\\/]thread-stream[\\/]index\.js$/ }, () => ({
      contents: `module.exports = class { constructor() { throw new Error('Threads are not used.') } }`,
    }))
    // The parser for processors without SIMD, of which Lambda has none.
    build.onLoad({ filter: /[\\/]llhttp[\\/]llhttp-wasm\.js$/ }, () => ({
      contents: `module.exports = require('./llhttp_simd-wasm.js')`,
    }))
    build.onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: `export { default as en } from './en.js'`,
    }))
  },
}

/** Everything that the function needs, in files that can be zipped as they are: Lambda starts `index.mjs`. */
export default defineConfig({
  entry: ['src/index.ts'],
  format: 'esm',
  target: 'node20',
  platform: 'node',
  tsconfig: 'tsconfig.build.json',
  outExtension: () => ({ js: '.mjs' }),
  // Libraries in the older module form ask for Node's own modules by `require`.
  banner: {
    js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
  },
  noExternal: [/.*/],
  esbuildPlugins: [usedParts],
  splitting: true,
  minify: true,
  treeshake: true,
  dts: false,
  sourcemap: false,
  clean: true,
})

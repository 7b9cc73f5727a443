import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { brotliCompressSync } from 'node:zlib'
import { defineConfig, type Options } from 'tsup'

type Plugin = NonNullable<Options['esbuildPlugins']>[number]

const requireAs = (folder: string) => createRequire(new URL(`../../packages/${folder}/package.json`, import.meta.url))
const redis = requireAs('storage-redis')
const pipedream = requireAs('dialect-pipedream')
const pathOf = (from: NodeJS.Require, name: string): string => JSON.stringify(from.resolve(name))
const refusing = (what: string): string => `module.exports = () => { throw new Error('${what}') }`

/** Libraries that hand out everything through one door, and what is used of them. */
const usedParts: Readonly<Record<string, string>> = {
  jose: `
    export { SignJWT } from ${pathOf(pipedream, 'jose/jwt/sign')}
    export { jwtVerify } from ${pathOf(pipedream, 'jose/jwt/verify')}`,
  // Run when a client is made: it would be a large part of a cold start without Redis.
  ioredis: `
    const load = () => require(${pathOf(redis, 'ioredis')})
    function Redis(...given) { return new (load().Redis)(...given) }
    function Cluster(...given) { return new (load().Cluster)(...given) }
    export { Cluster, Redis }`,
}

/** Files that the function never comes to, by their end, and what stands in their place. */
const unused: readonly (readonly [end: RegExp, contents: string])[] = [
  // Upstreams are spoken to in HTTP/1.1, with bodies that are bytes; loading Node's HTTP/2 alone takes long.
  [/undici\/lib\/dispatcher\/client-h2\.js$/, refusing('HTTP/2 is not spoken.')],
  [/undici\/lib\/web\/fetch\/body\.js$/, `exports.extractBody = () => { throw new Error('Bodies are bytes.') }`],
  // The parser for processors without SIMD, of which Lambda has none.
  [/undici\/lib\/llhttp\/llhttp-wasm\.js$/, `module.exports = require('./llhttp_simd-wasm.js')`],
  // Log lines go to standard output.
  [/thread-stream\/index\.js$/, refusing('Threads are not used.')],
  [/zod\/v4\/locales\/index\.js$/, `export { default as en } from './en.js'`],
  [/zod\/v4\/classic\/from-json-schema\.js$/, `export const fromJSONSchema = undefined`],
  [/zod\/v4\/core\/json-schema-processors\.js$/, `export const allProcessors = undefined, toJSONSchema = undefined`],
]

/** Lambda hands out credentials in the environment; these look for them elsewhere. */
const otherCredentials =
  /^(?:@aws-sdk\/(?:credential-provider-(?:http|ini|login|process|sso|web-identity)|nested-clients|token-providers)|@smithy\/credential-provider-imds|bowser)(?:\/|$)/

const smaller: Plugin = {
  name: 'smaller',
  setup(build) {
    build.onResolve({ filter: new RegExp(`^(?:${Object.keys(usedParts).join('|')})$`) }, ({ kind, path }) =>
      kind === 'require-call' ? undefined : { path, namespace: 'used-parts', sideEffects: false },
    )
    build.onLoad({ filter: /.*/, namespace: 'used-parts' }, ({ path }) => ({
      contents: usedParts[path] ?? '',
      resolveDir: '/',
    }))
    build.onResolve({ filter: otherCredentials }, ({ path }) => ({ path, namespace: 'other-credentials' }))
    build.onLoad({ filter: /.*/, namespace: 'other-credentials' }, () => ({
      contents: `
        const none = () => async () => { throw new Error('The environment holds no AWS credentials.') }
        module.exports = new Proxy({}, { get: (_, name) => (name === '__esModule' || name === 'then' ? undefined : none) })`,
    }))
    for (const [end, contents] of unused) build.onLoad({ filter: end }, () => ({ contents }))
  },
}

/** The catalogue is read from a file; a tenth of its size is left of it. */
function writeCatalog(): void {
  const catalog: unknown = JSON.parse(
    readFileSync(requireAs('composition').resolve('@proxy/catalog/apps.json'), 'utf8'),
  )
  writeFileSync(new URL('dist/catalog.json.br', import.meta.url), brotliCompressSync(JSON.stringify(catalog)))
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
  esbuildPlugins: [smaller],
  esbuildOptions(options) {
    // Of modules in the newer form, what is not used can be left out.
    options.mainFields = ['module', 'main']
  },
  splitting: true,
  minify: true,
  treeshake: true,
  dts: false,
  sourcemap: false,
  clean: true,
  metafile: true,
  onSuccess: async () => writeCatalog(),
})

import { defineConfig, type Options } from 'tsup'

type Plugin = NonNullable<Options['esbuildPlugins']>[number]

const refusing = (what: string): string => `module.exports = () => { throw new Error('${what}') }`

/** Files that the server never comes to, by their end, and what stands in their place. */
const unused: readonly (readonly [end: RegExp, contents: string])[] = [
  // Upstreams are spoken to in HTTP/1.1, with bodies that are bytes; loading Node's HTTP/2 alone takes long.
  [/undici\/lib\/dispatcher\/client-h2\.js$/, refusing('HTTP/2 is not spoken.')],
  [/undici\/lib\/web\/fetch\/body\.js$/, `exports.extractBody = () => { throw new Error('Bodies are bytes.') }`],
  [/zod\/v4\/locales\/index\.js$/, `export { default as en } from './en.js'`],
]

const smaller: Plugin = {
  name: 'smaller',
  setup(build) {
    for (const [end, contents] of unused) build.onLoad({ filter: end }, () => ({ contents }))
  },
}

/** All code in a few files: to find and read hundreds took half of each start. The catalogue stays its own package. */
export default defineConfig({
  entry: ['src/cli.ts'],
  format: 'esm',
  target: 'node20',
  platform: 'node',
  tsconfig: 'tsconfig.build.json',
  // Libraries in the older module form ask for Node's own modules by `require`.
  banner: {
    js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
  },
  noExternal: [/^(?!@proxy\/catalog)/],
  external: [/^@proxy\/catalog/],
  esbuildPlugins: [smaller],
  esbuildOptions(options) {
    // Of modules in the newer form, what is not used can be left out.
    options.mainFields = ['module', 'main']
  },
  splitting: true,
  dts: false,
  sourcemap: true,
  clean: true,
  metafile: true,
})

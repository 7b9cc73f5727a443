import { defineConfig } from 'tsup'

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
  splitting: true,
  minify: true,
  treeshake: true,
  dts: false,
  sourcemap: false,
  clean: true,
})

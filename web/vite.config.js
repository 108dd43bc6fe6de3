// Builds the pages that browsers get into dist/, which the server hands out under /static/graphiql/.
import { defineConfig } from 'vite'

export default defineConfig({
  root: 'graphiql',
  base: '/static/graphiql/',
  build: {
    outDir: '../dist',
    emptyOutDir: true,
    // The editor is one big chunk whatever is done; the warning would greet everyone who types `make serve`.
    chunkSizeWarningLimit: 5000,
    reportCompressedSize: false,
    rolldownOptions: {
      // React's libraries mark their modules for server rendering, which does not concern a page built for browsers.
      onwarn: (warning, warn) => warning.code === 'MODULE_LEVEL_DIRECTIVE' || warn(warning),
    },
  },
})

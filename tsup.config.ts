import { defineConfig } from 'tsup'

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    learning: 'src/learn/index.ts',
    testing: 'src/testing/index.ts',
    'ai-sdk': 'adapters/ai-sdk/index.ts',
    cli: 'adapters/cli/main.ts',
    client: 'adapters/client/index.ts',
    langchain: 'adapters/langchain/index.ts',
    openai: 'adapters/openai/index.ts',
    server: 'adapters/server/index.ts',
    'stores/sqlite': 'adapters/stores/sqlite/index.ts',
    'stores/postgres': 'adapters/stores/postgres/index.ts',
  },
  format: 'esm',
  target: 'node22',
  platform: 'neutral',
  splitting: true, // else every subpath carries a core of its own, and two cores do not share a governor
  external: [/^countersign/, /^node:/],
  clean: true,
})

import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  resolve: {
    alias: [
      { find: /^countersign$/, replacement: source('src/index.ts') },
      { find: /^countersign\/learning$/, replacement: source('src/learn/index.ts') },
      { find: /^countersign\/testing$/, replacement: source('src/testing/index.ts') },
      {
        find: /^countersign\/(ai-sdk|client|langchain|openai|server|stores\/sqlite|stores\/postgres)$/,
        replacement: `${source('adapters')}/$1/index.ts`,
      },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    env: { AI_SDK_LOG_WARNINGS: 'false', LANGCHAIN_CALLBACKS_BACKGROUND: 'false' },
    testTimeout: 30_000,
    typecheck: { enabled: true, include: ['test/**/*.test-d.ts'], tsconfig: './tsconfig.json' },
    coverage: {
      provider: 'v8',
      include: ['src/**', 'adapters/**'],
      reporter: ['text-summary', 'json-summary'],
      thresholds: { 'src/evaluate/**': { branches: 90 }, 'src/enforce/**': { branches: 90 } },
    },
  },
})

import config from './vitest.config.js'

/** For `stryker run`: the tests of the two stages that are mutated, and no type tests. */
export default {
  ...config,
  test: {
    ...config.test,
    include: ['test/evaluate/**/*.test.ts', 'test/enforce/**/*.test.ts'],
    typecheck: { enabled: false },
    isolate: false,
    env: { ...config.test?.env, MUTATION: 'true' },
  },
}

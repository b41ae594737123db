import config from './vitest.config.js'

/** For `stryker run`: the tests of the core, in one process, and no type tests. */
export default {
  ...config,
  test: {
    ...config.test,
    include: ['test/{capture,evaluate,enforce,execute,report,governor}/**/*.test.ts'],
    typecheck: { enabled: false },
    isolate: false,
    env: { ...config.test?.env, MUTATION: 'true' },
  },
}

export { fakeClock } from './fake-clock.js'
export { testStore } from './store-suite.js'

export type { FakeClock } from './fake-clock.js'
export type { DurableStore, TestStoreOptions } from './store-suite.js'

import { AsyncLocalStorageProviderSingleton } from '@langchain/core/singletons'
import type { CallConfig } from '../place.js'

/** The config of whatever runs now: models are not handed all of it. */
export function currentConfig(): CallConfig {
  return (AsyncLocalStorageProviderSingleton.getRunnableConfig() as CallConfig | undefined) ?? {}
}

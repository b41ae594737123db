import { createGovernor, type Governor, type GovernorOptions, type Store } from 'countersign'

/** How records are written. */
export interface Writing {
  readonly auditKey?: string | undefined
  /** Path of a policy. */
  readonly policy?: string | undefined
}

/**
 * A governor over a store, for what people do to it. Where governors on this store learn, what is done here is a lesson to
 * them as well.
 */
export async function governorOver(store: Store, { auditKey, policy }: Writing = {}): Promise<Governor> {
  const lessons = await store.readLessons({ after: 0, limit: 1 })
  const options: GovernorOptions = {
    store,
    learning: lessons.length > 0,
    ...(auditKey === undefined ? {} : { audit: { key: auditKey } }),
    ...(policy === undefined ? {} : { policy }),
  }
  return createGovernor(options)
}

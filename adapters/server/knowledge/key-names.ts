/** Names of the keys by which events and decisions belong together. */
export const KEY_NAMES = ['request_id', 'case_id', 'external_ref', 'tenant_ref', 'entity_id'] as const
/** One of {@link KEY_NAMES}. */
export type KeyName = (typeof KEY_NAMES)[number]

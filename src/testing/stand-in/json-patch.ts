import type { WireRecord } from './world.js'

/** One operation of RFC 6902, as far as rules need it. */
export interface PatchOperation {
  readonly op: 'add' | 'replace' | 'remove' | 'test'
  /** The name of a field behind a slash: records here are flat. */
  readonly path: string
  readonly value?: unknown
}

/** Fields that no patch may touch. */
const FIXED: ReadonlySet<string> = new Set(['rule_id', 'version', 'created_at', 'updated_at'])

/** The record with all operations done, or why one cannot be; the record itself stays as it is. */
export function applyPatch(
  record: WireRecord,
  operations: readonly PatchOperation[],
): { readonly value: WireRecord } | { readonly problem: string } {
  const fields = new Map(Object.entries(record))
  for (const { op, path, value } of operations) {
    const field = path.slice(1).replaceAll('~1', '/').replaceAll('~0', '~')
    if (!path.startsWith('/') || field === '' || FIXED.has(field)) return { problem: `${path} cannot be changed` }
    if (op !== 'add' && !fields.has(field)) return { problem: `there is no ${path}` }
    if (op === 'test' && JSON.stringify(fields.get(field)) !== JSON.stringify(value))
      return { problem: `${path} differs` }
    if (op === 'remove') fields.delete(field)
    if (op === 'add' || op === 'replace') fields.set(field, value)
  }
  return { value: Object.fromEntries(fields) }
}

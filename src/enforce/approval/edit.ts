import type { Change, Edit } from '../../approval.js'
import { isRedacted } from '../../capture/redact.js'
import type { ToolProfile } from '../../tool-profile.js'

/** More differences than this are not listed one by one. */
const MAX_CHANGES = 100
const MAX_SHOWN_CHARS = 200

/** How two inputs, as JSON holds them, differ; paths as rules write them. */
export function changesBetween(before: unknown, after: unknown): readonly Change[] {
  const changes: Change[] = []
  compare(before, after, '', changes)
  return changes.slice(0, MAX_CHANGES)
}

/**
 * What the model is told of a call that ran otherwise than it had asked. What one of the tools' profiles redacts is said to
 * have changed, and no more.
 */
export function editNotice(
  tool: string,
  { tool: ran, changes }: Edit,
  ...profiles: readonly (ToolProfile | undefined)[]
): string {
  const isHidden = (path: string): boolean => profiles.some(profile => isRedacted(path, profile?.redact))
  const listed = changes
    .filter(({ path }) => path !== 'tool')
    .map(change => (isHidden(change.path) ? `${nameOf(change)} changed` : shown(change)))
  const what = [...(ran === tool ? [] : [`it called "${ran}" instead`]), ...listed].join('; ')
  return `Note: a reviewer changed this call to tool "${tool}" before it ran (${what === '' ? 'in its form only' : what}). The result is that of the changed call.`
}

function shown(change: Change): string {
  if (!('from' in change) && !('to' in change)) return `${nameOf(change)} changed`
  const value = (side: 'from' | 'to'): string =>
    side in change ? (JSON.stringify(change[side]) ?? 'nothing').slice(0, MAX_SHOWN_CHARS) : 'nothing'
  return `${nameOf(change)}: ${value('from')} became ${value('to')}`
}

function nameOf({ path }: Change): string {
  return path === '' ? 'the input' : path
}

function compare(before: unknown, after: unknown, path: string, changes: Change[]): void {
  if (Object.is(before, after) || changes.length > MAX_CHANGES) return
  if (!isBranch(before) || !isBranch(after) || Array.isArray(before) !== Array.isArray(after)) {
    changes.push({ path, from: before, to: after })
    return
  }
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const at = path === '' ? key : `${path}.${key}`
    const had = Object.hasOwn(before, key)
    const has = Object.hasOwn(after, key)
    if (had && has) compare(before[key], after[key], at, changes)
    else changes.push(had ? { path: at, from: before[key] } : { path: at, to: after[key] })
  }
}

function isBranch(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

import type { Change } from '../../approval.js'
import { isEntity, kindOf, KINDS } from '../kind.js'
import type { ChangeSet } from './candidates.js'
import { changeAt, fieldsOf } from './fields.js'

/** Changes of one value each to what stood in its place in inputs that were approved. Free texts are left as they are. */
export function seenIn(approved: readonly unknown[], input: unknown): readonly ChangeSet[] {
  const own = fieldsOf(input)
  return approved.flatMap(other =>
    [...fieldsOf(other)].flatMap(([path, to]) => {
      const from = own.get(path)
      if (from === undefined || typeof from !== typeof to || isText(from) || isText(to)) return []
      const change = changeAt(input, path, { to })
      return change === undefined ? [] : [[change]]
    }),
  )
}

/**
 * How far a changed call is from the one that was proposed, to try the nearest first: a number by its relative difference
 * (0 to 1 where the sign stays), a word or a flag 1, what is left out or added 1.5, a name of somebody or something 2; changes add up.
 */
export function distanceOf(changes: ChangeSet): number {
  return changes.reduce((sum, change) => sum + distance(change), 0)
}

function distance({ from, to }: Change): number {
  if (from === undefined || to === undefined) return 1.5
  if (typeof from === 'number' && typeof to === 'number') return Math.abs(from - to) / (Math.abs(from) + Math.abs(to))
  return isEntity(kindOf(from)) || isEntity(kindOf(to)) ? 2 : 1
}

function isText(value: unknown): boolean {
  const kind = kindOf(value)
  return kind === KINDS.phrase || kind === KINDS.prose
}

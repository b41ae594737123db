import type { Approval } from 'countersign'
import { isCut } from './cut.js'
import { rowsOf } from './rows.js'
import { type Suspicion, suspicionsIn } from './suspicious.js'

/** Something that a person should know before believing what is shown. */
export interface Warning {
  readonly kind: Suspicion | 'cut'
  /** Where: `tool`, `target`, `input.note` …, and how many more places. */
  readonly places: readonly string[]
}

/** Longer texts are not looked at to the end; they are cut anyway. */
const MOST_CHARS = 100_000

/** What is to be pointed out about a request, each kind once. */
export function warningsOf(approval: Approval): readonly Warning[] {
  const { call, actor, target, user, sessionId, reason } = approval
  const { rows, leftOut } = rowsOf(call.input)
  const inInput = rows.flatMap(({ path, text }): [string, string][] => {
    const place = `input.${path}`
    return path === ''
      ? [['input', text]]
      : [
          [place, text],
          [`the name of ${place}`, path],
        ]
  })
  const facts = Object.entries({ tool: call.name, actor, target, user, session: sessionId, reason })
  const texts = [...facts, ...inInput].filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  const found = new Map<Warning['kind'], string[]>()
  const add = (kind: Warning['kind'], place: string): void => {
    found.set(kind, [...(found.get(kind) ?? []), place])
  }
  for (const [place, text] of texts) {
    for (const kind of suspicionsIn(text.slice(0, MOST_CHARS))) add(kind, place)
    if (isCut(text)) add('cut', place)
  }
  if (leftOut > 0) add('cut', `input: ${leftOut} more values`)
  return Array.from(found, ([kind, places]) => ({ kind, places }))
}

import { present } from '../../ambient.js'
import type { AuditEntry } from '../../audit-entry.js'
import { readJsonObject } from '../../encoding.js'
import { readPersonal } from './personal.js'

/** What an entry says: its public facts, and of its personal fields those that are still there. */
export type AuditedFacts = Readonly<Record<string, unknown>>

/** Everything the log holds of one call. */
export interface AuditRecord {
  readonly decisionId: string
  /** Who, what, what was advised and what was decided; as a decision, with `findings` that have their reasons. */
  readonly decision?: AuditedFacts
  /** The request to a person in its last state, with all `votes`, and the `edit` that was made. */
  readonly approval?: AuditedFacts
  /**
   * The ledger's entry in its last state; `output` is its kind, `outputDigest` the SHA-256 of its JSON. What a tool threw is
   * told in `execution`.
   */
  readonly receipt?: AuditedFacts
  /** The ledger's entry of what took the effect back (`rollback`), in its last state. */
  readonly undo?: AuditedFacts
  readonly execution?: AuditedFacts
  /** Oldest first. */
  readonly outcomes: readonly AuditedFacts[]
  /** Grants that let it through, or were given with its approval. */
  readonly grants: readonly AuditedFacts[]
  readonly erasures: readonly AuditedFacts[]
  /** Names of personal fields that are no longer there, in one entry at least. */
  readonly erased: readonly string[]
  /** What it was read from, oldest first. */
  readonly entries: readonly AuditEntry[]
}

/** Joins the entries of one decision, oldest first; `undefined` where there are none. Does not verify them. */
export function joinRecord(entries: readonly AuditEntry[]): AuditRecord | undefined {
  const decisionId = entries[0]?.decisionId
  if (decisionId === undefined) return undefined
  const read = entries.map(readFacts)
  const all = read.map(({ facts }) => facts)
  const undo = all.findLast(({ undoes }) => undoes !== undefined)
  const of = (kind: string): AuditedFacts[] => all.filter(facts => facts['kind'] === kind)
  return {
    decisionId,
    ...present({ decision: without(joinDecision(of('decision').at(-1)), ['receipt']) }),
    ...present({ approval: joinApproval(of('approval')) }),
    ...present({ receipt: joinReceipt(all.filter(({ undoes }) => undoes === undefined)) }),
    ...present({ undo: undo }),
    ...present({ execution: without(of('execution').at(-1), ['receipt', 'outputDigest']) }),
    outcomes: of('outcome'),
    grants: of('grant'),
    erasures: of('erasure'),
    erased: [...new Set(read.flatMap(({ erased }) => erased))],
    entries,
  }
}

function readFacts({ body, personal }: AuditEntry): {
  readonly facts: AuditedFacts
  readonly erased: readonly string[]
} {
  const { v: _version, commits, ...facts } = readJsonObject(body) ?? {}
  const values = readPersonal(personal) ?? new Map<string, readonly unknown[]>()
  const known: Record<string, unknown> = facts
  for (const [name, [, value]] of values) known[name === 'output' ? 'outputDigest' : name] = value
  const committed = typeof commits === 'object' && commits !== null ? Object.keys(commits) : []
  return { facts: known, erased: committed.filter(name => !values.has(name)) }
}

/** What is the same in every state of a receipt. */
const EFFECT = ['decisionId', 'tenant', 'callId', 'tool', 'digest', 'actor', 'sessionId', 'approvalId']

/** An effect is told of on its own, and then in full, or with the decision it began with and the execution it ended with. */
function joinReceipt(entries: readonly AuditedFacts[]): AuditedFacts | undefined {
  return entries.reduce<AuditedFacts | undefined>((known, facts) => {
    if (facts['kind'] === 'receipt') return facts
    const state = facts['receipt']
    if (typeof state !== 'object') return known
    return { kind: 'receipt', ...only(known, EFFECT), ...only(facts, [...EFFECT, 'at', 'outputDigest']), ...state }
  }, undefined)
}

function only(facts: AuditedFacts = {}, names: readonly string[]): AuditedFacts {
  return Object.fromEntries(Object.entries(facts).filter(([name]) => names.includes(name)))
}

function without(facts: AuditedFacts | undefined, names: readonly string[]): AuditedFacts | undefined {
  return facts && Object.fromEntries(Object.entries(facts).filter(([name]) => !names.includes(name)))
}

/** Gives the reasons back to where they were. */
function joinDecision(facts: AuditedFacts | undefined): AuditedFacts | undefined {
  if (facts === undefined || !Array.isArray(facts['reason']) || !Array.isArray(facts['findings'])) return facts
  const [reason, ...reasons] = facts['reason'] as readonly unknown[]
  const findings = facts['findings'].map((finding: object, index) => Object.assign(finding, { reason: reasons[index] }))
  return { ...facts, reason, findings }
}

/** The last request that was opened, as its steps left it. */
function joinApproval(steps: readonly AuditedFacts[]): AuditedFacts | undefined {
  const id = steps.at(-1)?.['id']
  if (id === undefined) return undefined
  const votes: unknown[] = []
  const joined: Record<string, unknown> = { votes }
  for (const facts of steps.filter(step => step['id'] === id)) {
    const { step, vote, edit, input, changes, by, comment, ...rest } = facts
    Object.assign(joined, rest)
    if (step === 'opened') joined['input'] = input
    if (step === 'cancelled') Object.assign(joined, { by, comment })
    if (step === 'answered') votes.push({ ...(vote as object), by, comment })
    if (edit !== undefined) joined['edit'] = { ...(edit as object), input, changes }
  }
  return joined
}

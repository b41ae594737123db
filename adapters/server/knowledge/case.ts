import type { Outcome } from 'countersign'
import { type Label, labelOf, type OutcomeMeanings } from '../../../src/learn/insight/label.js'
import type { Service } from '../service.js'
import type { Past } from '../past/past.js'
import { decidedOf } from './decided.js'
import { type Choice, decisionsOf } from './decisions.js'
import { type Kept, recordOf, recordsOf } from './records.js'
import { fieldsOf, isGiven, numberOf, textOf } from './sent.js'

/** How a case was decided, in the words of the wire. */
type CaseVerdict = 'ALLOWED' | 'BLOCKED' | 'APPROVAL_REQUIRED' | 'LIMITED' | 'DRY_RUN'

/** A past call with how it was decided and what came of it: made here, or brought from elsewhere. */
export interface Case {
  readonly id: string
  readonly source: 'decision' | 'import'
  /** Epoch milliseconds: when it was decided, or imported. */
  readonly at: number
  readonly domain: string | undefined
  readonly tool: string
  readonly action: string
  readonly actor: string | undefined
  readonly value: number | undefined
  readonly target: string | undefined
  readonly verdict: CaseVerdict
  readonly mode: string | undefined
  readonly reasons: readonly string[]
  /** 0..1, as it was stated when it was decided. */
  readonly riskScore: number | undefined
  /** A share, or a word for one: what was sent, or said when it was decided. */
  readonly confidence: unknown
  readonly label: Label | undefined
  /** In the order in which they were reported. */
  readonly outcomes: readonly Outcome[]
  /** As it was sent; nothing is kept of the arguments of a decision. */
  readonly arguments: unknown
  /** Whether it is learnt from: by the first word on how it turned out. */
  readonly isTaught: boolean
  /** What only an imported case has: what its sender told besides. */
  readonly told: Readonly<Record<string, unknown>>
  /** Outcomes are without their words: it is read again before it is shown ({@link inFull}). */
  readonly isBrief?: boolean
}

/** What is kept of an imported case. */
export interface ImportedCase {
  /** As it was sent. */
  readonly sent: Readonly<Record<string, unknown>>
  readonly outcomes: readonly Outcome[]
  /** What was taught of it last: a case teaches once, and again where it is corrected. */
  readonly taught?: Label['kind']
}

const VERDICTS = { allowed: 'ALLOWED', blocked: 'BLOCKED', requires_approval: 'APPROVAL_REQUIRED' } as const
const TOLD = ['context', 'simulation', 'goal_summary', 'trigger_source', 'agent_model', 'refs', 'tags'] as const

/** One case of this tenant. */
export async function caseOf(service: Service, id: string): Promise<Case | undefined> {
  const decided = await decidedOf(service, id)
  if (decided !== undefined) return caseOfDecision(decided)
  const imported = await recordOf<ImportedCase>(service, 'imported-case', id)
  return imported && caseOfImport(imported, service.outcomes)
}

/** Which cases are listed. */
export interface CaseFilter extends Pick<Choice, 'filter' | 'withDryRuns'> {
  /** @defaultValue all of them */
  readonly isWanted?: (known: Case) => boolean
}

/**
 * Cases of this tenant, newest first. Its `filter` is for decisions: of the imported cases, none is left out by it. Decisions that were
 * dry runs are cases too, for whoever asks for them: nothing came of them.
 */
export async function* casesOf(
  service: Service,
  { isWanted = () => true, ...choice }: CaseFilter = {},
): AsyncGenerator<Case, void, undefined> {
  const decided = decisionsOf(service, { ...choice, isWanted: past => isWanted(caseOfDecision(past)) })
  const imported = wantedOf(service, isWanted)
  let [one, other] = [await decided.next(), await imported.next()]
  while (one.done !== true || other.done !== true) {
    if (other.done === true || (one.done !== true && one.value.record.at >= other.value.at)) {
      if (one.done !== true) yield { ...caseOfDecision(one.value), isBrief: one.value.isBrief }
      one = await decided.next()
    } else {
      yield other.value
      other = await imported.next()
    }
  }
}

/** A case with everything; as it is known, where it was forgotten meanwhile. */
export async function inFull(service: Service, known: Case): Promise<Case> {
  return known.isBrief === true ? ((await caseOf(service, known.id)) ?? known) : known
}

async function* wantedOf(service: Service, isWanted: (known: Case) => boolean): AsyncGenerator<Case, void, undefined> {
  for await (const known of importsOf(service)) if (isWanted(known)) yield known
}

/** The imported cases of this tenant, newest first. */
export async function* importsOf(service: Service): AsyncGenerator<Case, void, undefined> {
  for await (const kept of recordsOf<ImportedCase>(service, 'imported-case')) yield caseOfImport(kept, service.outcomes)
}

/** A decision as a case. */
function caseOfDecision({ record, label }: Past): Case {
  const { id, at, domain, tool, action, actor, value, target, mode, reason, riskScore, confidence, outcomes } = record
  return {
    id,
    source: 'decision',
    at,
    domain,
    tool,
    action,
    actor,
    value,
    target,
    verdict: record.dryRun === true ? 'DRY_RUN' : VERDICTS[record.result],
    mode,
    reasons: [reason],
    riskScore,
    confidence,
    label,
    outcomes,
    arguments: undefined,
    isTaught: label !== undefined && record.learned?.view !== undefined,
    told: {},
  }
}

/** An imported case. */
export function caseOfImport({ id, at, body }: Kept<ImportedCase>, meanings: OutcomeMeanings): Case {
  const { sent, outcomes } = body
  const label = labelOf({ outcomes }, undefined, meanings)
  const action = fieldsOf(sent['action'])
  const verdict = fieldsOf(sent['verdict'])
  const name = textOf(action['action']) ?? textOf(action['tool']) ?? ''
  return {
    id,
    source: 'import',
    at,
    domain: textOf(sent['domain']) ?? textOf(action['domain']),
    tool: textOf(action['tool']) ?? name,
    action: name,
    actor: textOf(sent['actor_id']) ?? textOf(sent['actor_type']),
    value: numberOf(action['value']),
    target: textOf(action['target']),
    verdict: verdict['verdict'] as CaseVerdict,
    mode: textOf(verdict['mode']),
    reasons: (verdict['reasons'] as readonly string[] | null | undefined) ?? [],
    riskScore: numberOf(verdict['risk_score']),
    confidence: verdict['confidence'],
    label,
    outcomes,
    arguments: action['arguments'],
    isTaught: label !== undefined && body.taught === label.kind,
    told: Object.fromEntries(TOLD.flatMap(field => (isGiven(sent[field]) ? [[field, sent[field]]] : []))),
  }
}

import type { Credential } from 'countersign'
import type { Wire } from './encode.js'
import { invalidRequest } from './problem.js'
import { localName } from './wire.js'

/** A request on its way to the wire. */
export interface Draft {
  /** For messages: `rules.applyPatch`. */
  readonly place: string
  /** Parameters of the path, encoded. */
  readonly parameters: readonly string[]
  readonly query: Wire
  readonly body: Wire
  readonly headers?: Readonly<Record<string, string>>
  readonly credential?: Credential
}

/** What some endpoints want done besides renaming. */
export type AdjustmentName = keyof typeof ADJUSTMENTS

/** Makes what some endpoints want of a request. */
export function adjust(name: AdjustmentName, draft: Draft): Draft {
  return ADJUSTMENTS[name](draft)
}

const ADJUSTMENTS = {
  /** What older callers say as metadata is context; where both say it, context does. */
  mergeMetadata: (draft: Draft): Draft => {
    const { metadata, context, ...body } = draft.body
    if (metadata === undefined) return draft
    return { ...draft, body: { ...body, context: { ...(metadata as object), ...(context as object) } } }
  },

  /** A service says `denied` where everybody else says `rejected`. */
  rejectedIsDenied: (draft: Draft): Draft =>
    draft.body['resolution'] === 'rejected' ? { ...draft, body: { ...draft.body, resolution: 'denied' } } : draft,

  /** Some services read one name of the strategy, and some the other. */
  bothStrategyNames: (draft: Draft): Draft => {
    const strategy = draft.body['strategy_name'] ?? draft.body['strategy']
    return { ...draft, body: { ...draft.body, strategy, strategy_name: strategy } }
  },

  /** The version is in the body for those who read it there, and in a header for everybody else. */
  ifMatch: (draft: Draft): Draft => {
    const version = draft.body['if_match_version'] as number | undefined
    if (version === undefined) return draft
    const id = decodeURIComponent(draft.parameters[0] ?? '').replace(NO_TAG, encodeURIComponent)
    return { ...draft, headers: { 'If-Match': `W/"rule:${id}:v${version}"` } }
  },

  /** An outcome of nothing is no outcome. */
  outcomeOfSomething: (draft: Draft): Draft => {
    const { outcomes } = draft.body
    const reports = Array.isArray(outcomes) ? (outcomes as readonly Wire[]) : [draft.body]
    if (reports.some(report => OUTCOME_KEYS.every(key => report[key] === undefined))) {
      throw invalidRequest(draft.place, `one of ${OUTCOME_KEYS.map(localName).join(', ')}`)
    }
    return draft
  },

  /** `{ requestId }` is short for `{ keyName: 'request_id', keyValue }`. */
  reconcileKey: (draft: Draft): Draft => {
    const rest = { ...draft.body }
    for (const key of RECONCILE_KEYS) delete rest[key]
    if (rest['key_name'] !== undefined && rest['key_value'] !== undefined) return { ...draft, body: rest }
    const named = RECONCILE_KEYS.find(key => draft.body[key] !== undefined)
    if (named === undefined) {
      throw invalidRequest(draft.place, `keyName and keyValue, or one of ${RECONCILE_KEYS.map(localName).join(', ')}`)
    }
    return { ...draft, body: { ...rest, key_name: named, key_value: draft.body[named] } }
  },

  /** The key that is asked about is the one that asks. */
  keyAsksItself: (draft: Draft): Draft => ({ ...draft, credential: { apiKey: draft.query['api_key'] as string } }),
}

/** What an entity tag cannot hold (RFC 9110). */
const NO_TAG = /[^\x21\x23-\x7e]/gu
const OUTCOME_KEYS = ['request_id', 'case_id', 'validation_id'] as const
const RECONCILE_KEYS = ['request_id', 'case_id', 'external_ref', 'tenant_ref', 'entity_id'] as const

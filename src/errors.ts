const brand = Symbol.for('countersign.error')

/** What went wrong, for programs. Messages are for people and may change; codes do not. */
export type ErrorCode =
  | 'invalid-option'
  | 'invalid-policy'
  | 'invalid-call'
  | 'blocked'
  | 'approval-required'
  | 'evaluation-failed'
  | 'not-found'
  | 'not-pending'
  | 'not-permitted'
  | 'invalid-token'
  | 'store-failed'
  | 'unsupported-schema'
  | 'closed'
  | 'service-auth'
  | 'service-validation'
  | 'service-not-found'
  | 'service-rate-limit'
  | 'service-timeout'
  | 'service-network'
  | 'service-unavailable'
  | 'service-malformed'
  | 'service-api'
  | 'model-timeout'
  | 'model-unavailable'
  | 'model-busy'
  | 'budget-exceeded'

/** The one error class. Recognise it with {@link isGovernanceError}, which also works across two copies of the package. */
export class GovernanceError extends Error {
  override readonly name = 'GovernanceError'
  readonly [brand] = true
  readonly code: ErrorCode
  /** The decision this error is about, if any. */
  readonly decisionId: string | undefined

  constructor(
    code: ErrorCode,
    message: string,
    details: { readonly decisionId?: string | undefined; readonly cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.decisionId = details.decisionId
  }
}

/** Whether `error` is a {@link GovernanceError} (with this `code`, if one is given). */
export function isGovernanceError(error: unknown, code?: ErrorCode): error is GovernanceError {
  return (
    typeof error === 'object' &&
    error !== null &&
    brand in error &&
    (code === undefined || (error as GovernanceError).code === code)
  )
}

/** The name a user probably meant: nearest by edit distance, if near enough to be a slip. */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1
  for (const candidate of candidates) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase())
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** ` Did you mean "x"?`, or nothing. */
export function suggestion(name: string, candidates: Iterable<string>): string {
  const meant = nearest(name, candidates)
  return meant === undefined ? '' : ` Did you mean "${meant}"?`
}

/** Levenshtein distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, substitution))
    }
    row = next
  }
  return row[b.length] ?? 0
}

/** A person's answer, given where the evaluator asks people. */
export interface OutsideAnswer {
  /** What the evaluator calls its decision: {@link ServiceFacts.requestId}. */
  readonly requestId: string
  readonly resolution: 'approved' | 'rejected'
  /** Who answered, where that is known. */
  readonly by?: string
  readonly comment?: string
}

/** Where answers of people are found who are asked by the evaluator itself, in its own inbox. */
export interface AnswerChannel {
  /** Milliseconds between two looks, while a call is held. */
  readonly pollMs: number
  /** Those of these requests that were answered; rejects where that cannot be told at the moment. */
  readonly find: (
    requestIds: readonly string[],
    options: { readonly signal: AbortSignal },
  ) => Promise<readonly OutsideAnswer[]>
}

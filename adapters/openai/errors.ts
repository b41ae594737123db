/** What went wrong with a provider's answer, for programs. */
export type ProviderProblem =
  /** The provider said so itself. */
  | 'failed'
  /** The stream ended before the answer did. */
  | 'cut'
  /** It is not what the protocol promises. */
  | 'malformed'
  /** The model kept calling tools. */
  | 'max-rounds'

/**
 * An answer of a model that cannot be gone on with. What the client itself throws (`RateLimitError`, `APIConnectionError`
 * …) is passed on as it is.
 */
export class ProviderResponseError extends Error {
  override readonly name: string = 'ProviderResponseError'
  readonly problem: ProviderProblem
  /** The provider's own code, where it gave one. */
  readonly code: string | undefined
  /** Id of the answer it is about. */
  readonly responseId: string | undefined

  constructor(
    problem: ProviderProblem,
    message: string,
    details: {
      readonly code?: string | undefined
      readonly responseId?: string | undefined
      readonly cause?: unknown
    } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.problem = problem
    this.code = details.code
    this.responseId = details.responseId
  }
}

/** A run that was ended because the model kept calling tools. What was executed until then stays executed. */
export class MaxIterationsReachedError extends ProviderResponseError {
  override readonly name = 'MaxIterationsReachedError'
  /** Rounds of tool calls that were allowed. */
  readonly maxIterations: number

  constructor(maxIterations: number, responseId?: string) {
    super('max-rounds', `the model still calls tools after ${maxIterations} rounds`, { responseId })
    this.maxIterations = maxIterations
  }
}

/** A request that failed inside. */
export interface FailedRequest {
  /** As the answer says it: `request_id`. */
  readonly id: string
  /** What the client calls it: the `X-Request-Id` that it sent, if that was well-formed. */
  readonly sent?: string
}

/** A change of a circuit breaker. */
export interface CircuitChange {
  /** Host and port of the service. */
  readonly host: string
  /** `closed`: requests are sent. `open`: none is. `half-open`: one may find out. */
  readonly state: 'closed' | 'open' | 'half-open'
}

/** One proposed call, as the risk model sees it. Anything may be missing but the tool. */
export interface RiskCase {
  /** Run or conversation; calls of one are each other's history. @defaultValue a run of its own */
  readonly trajectoryId?: string | undefined
  /** Name of the tool. */
  readonly tool: string
  /** What the call does, where a profile says so. */
  readonly action?: string | undefined
  readonly actor?: string | undefined
  readonly domain?: string | undefined
  readonly input?: unknown
  /** What the user asked for, in the user's words; the first 4,096 code units count. */
  readonly context?: string | undefined
  /** Where each value came from, by path (`to`, `items[0].id`): `user`, `model`, or `tool:<name>` for an earlier result. */
  readonly provenance?: Readonly<Record<string, string>> | undefined
}

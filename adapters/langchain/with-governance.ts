import type { ExecutionContext } from 'countersign'
import type { GovernanceConfig } from './gate.js'

/** Tells the tool under which decision it runs, and which key to pass on. */
export function withGovernance<CONFIG extends object>(
  config: CONFIG,
  context: ExecutionContext,
): CONFIG & { readonly governance: GovernanceConfig } {
  return { ...config, governance: new Governance(context) }
}

class Governance implements GovernanceConfig {
  readonly decisionId: string
  readonly #context: ExecutionContext

  constructor(context: ExecutionContext) {
    this.decisionId = context.decision.id
    this.#context = context
  }

  /** Made when a tool asks for it. */
  get idempotencyKey(): string {
    return this.#context.idempotencyKey
  }
}

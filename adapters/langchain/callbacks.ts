import { BaseCallbackHandler } from '@langchain/core/callbacks/base'
import { GovernanceError, type Governor, knownKeys, RecentMap } from 'countersign'
import { GOVERNANCE_EVENT, type GovernanceData } from './events.js'

/** A tool that ran without a decision. */
export interface UngovernedTool {
  readonly tool: string
  readonly runId: string
  readonly toolCallId?: string
}

/** Options of {@link GovernanceCallbackHandler}. */
export interface GovernanceCallbackHandlerOptions {
  /** Checks what events claim: one counts only if this governor's store holds its decision. @defaultValue events are believed */
  readonly governor?: Governor
  /** Hears of every decision and of how each call ended. */
  readonly onEvent?: (event: GovernanceData) => unknown
  /** Hears of every tool that ran and ended without a decision. */
  readonly onUngoverned?: (run: UngovernedTool) => unknown
}

interface ObservedRun extends UngovernedTool {
  readonly claims: GovernanceData[]
}

/** Runs that never end (a process that loses its callbacks) must not pile up. */
const MAX_RUNS = 10_000

/**
 * Observes governed and ungoverned tools. It is **not** the gate and can never be one: LangChain's callbacks cannot refuse
 * a call (what they throw is logged and the tool runs all the same), and where callbacks run in the background they hear
 * of a call after it has happened. What refuses calls is {@link governedTool} or {@link governanceMiddleware}; this tells
 * you what they decided, and which tools you forgot to put behind them.
 *
 * @throws GovernanceError `invalid-option`
 */
export class GovernanceCallbackHandler extends BaseCallbackHandler {
  readonly name = 'GovernanceCallbackHandler'
  readonly #options: GovernanceCallbackHandlerOptions
  readonly #runs = new RecentMap<string, ObservedRun>(MAX_RUNS)

  constructor(options: GovernanceCallbackHandlerOptions = {}) {
    super()
    knownKeys(options, ['governor', 'onEvent', 'onUngoverned'], 'GovernanceCallbackHandler')
    for (const option of ['onEvent', 'onUngoverned'] as const) {
      if (options[option] === undefined || typeof options[option] === 'function') continue
      throw new GovernanceError('invalid-option', `Option \`GovernanceCallbackHandler.${option}\`: expected a function`)
    }
    this.#options = options
  }

  override handleToolStart(...args: Parameters<NonNullable<BaseCallbackHandler['handleToolStart']>>): void {
    const [serialized, , runId, , , , runName, toolCallId] = args
    const tool = runName ?? serialized.name ?? serialized.id.at(-1) ?? '?'
    this.#runs.set(runId, { tool, runId, claims: [], ...(toolCallId === undefined ? {} : { toolCallId }) })
  }

  override handleCustomEvent(name: string, data: unknown, runId: string): void {
    if (name !== GOVERNANCE_EVENT) return
    this.#runs.get(runId)?.claims.push(data as GovernanceData)
    this.#options.onEvent?.(data as GovernanceData)
  }

  override handleToolEnd(_output: unknown, runId: string): Promise<void> {
    return this.#ended(runId)
  }

  override handleToolError(_error: unknown, runId: string): Promise<void> {
    return this.#ended(runId)
  }

  async #ended(runId: string): Promise<void> {
    const run = this.#runs.get(runId)
    this.#runs.delete(runId)
    if (run === undefined || (await this.#isGoverned(run.claims))) return
    const { claims: _claims, ...ungoverned } = run
    this.#options.onUngoverned?.(ungoverned)
  }

  async #isGoverned(claims: readonly GovernanceData[]): Promise<boolean> {
    const { governor } = this.#options
    if (governor === undefined) return claims.length > 0
    for (const { decisionId, tool } of claims) {
      const decision = typeof decisionId === 'string' ? await governor.decisions.get(decisionId) : undefined
      if (decision?.tool === tool && decision.dryRun !== true) return true
    }
    return false
  }
}

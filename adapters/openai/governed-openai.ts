import { type Decision, GovernanceError, type Scope } from 'countersign'
import { type Driven, drive } from './run/drive.js'
import { flattened } from './run/flatten.js'
import { listedTool, type ToolOf } from './run/listed-tool.js'
import {
  type Api,
  type ApprovalRunOptions,
  checkOptions,
  checkRun,
  type GovernedOpenAIOptions,
  invalid,
  type RunOptions,
  scopeIn,
} from './run/options.js'
import { Pending } from './run/pending.js'
import type { GovernedRunResult } from './run/result.js'
import { resume, RESUME_KEYS, type ResumeOptions } from './run/resume.js'
import type { ParsedBy } from './schema/standard-schema.js'
import type { StreamEvent } from './stream/events.js'
import { makeTool } from './tools/make-tool.js'
import type { RegisteredTool, ToolFunction, ToolOptions } from './tools/tool.js'

/** What would become of a call. */
export type CheckedCall = Decision & {
  readonly allowed: boolean
  readonly requiresApproval: boolean
  readonly resolvedAction: 'execute' | 'blocked' | 'approval_required'
}

/** A run as it goes on. `final_response` comes last. */
export type RunEvent<API extends Api = 'responses'> = StreamEvent<GovernedRunResult<API>>

/** The loop around the official client: the model proposes, the governor decides, tools run if they may. */
export class GovernedOpenAI<API extends Api = 'responses'> {
  readonly #options: GovernedOpenAIOptions<API>
  readonly #tools = new Map<string, RegisteredTool>()
  readonly #pending = new Pending()

  /** @throws GovernanceError `invalid-option` */
  constructor(options: GovernedOpenAIOptions<API>) {
    checkOptions(options)
    this.#options = options
  }

  /**
   * Registers a tool. Its function receives what its schema makes of the arguments.
   *
   * @throws GovernanceError `invalid-option` for an option that is not right, and for a name that is taken
   */
  tool<const SCHEMA extends NonNullable<ToolOptions['parameters']>>(
    name: string,
    execute: ToolFunction<ParsedBy<SCHEMA>, unknown>,
    options: ToolOptions<ParsedBy<SCHEMA>> & { readonly parameters: SCHEMA },
  ): this
  tool(name: string, execute: ToolFunction<never, unknown>, options?: ToolOptions): this
  tool(name: string, execute: ToolFunction, options: ToolOptions = {}): this {
    if (this.#tools.has(name)) throw invalid('tool', `there is a tool "${name}" already`)
    this.#tools.set(name, makeTool(name, execute, options))
    return this
  }

  /** The tools as the provider is told of them. */
  listTools(): readonly ToolOf[API][] {
    const { api = 'responses' } = this.#options
    return [...this.#tools.values()].map(tool => listedTool(tool, api as API))
  }

  /**
   * What would become of a call now: a dry run, which counts, holds and executes nothing.
   *
   * @throws GovernanceError `not-found` for a tool that is not registered, `invalid-call` for arguments that do not fit
   */
  async checkTool(name: string, args: unknown, scope: Omit<Scope, 'model'> = {}): Promise<CheckedCall> {
    const tool = this.#tools.get(name)
    if (tool === undefined) throw new GovernanceError('not-found', `checkTool: tool "${name}" is not registered.`)
    const parsed = await tool.validate(args)
    if ('problem' in parsed) throw new GovernanceError('invalid-call', `checkTool: ${parsed.problem}.`)
    const { governor, newId = () => crypto.randomUUID() } = this.#options
    const call = { id: newId(), name, input: parsed.input }
    const said = { ...scopeIn(this.#options), ...scopeIn(scope) }
    const decision = await governor.decide(call, { ...said, profile: tool.profile })
    const { result } = decision
    return {
      ...decision,
      allowed: result === 'allowed',
      requiresApproval: result === 'requires_approval',
      resolvedAction: result === 'allowed' ? 'execute' : result === 'blocked' ? 'blocked' : 'approval_required',
    }
  }

  /** Runs to the model's last word. @throws ProviderResponseError, MaxIterationsReachedError; what the client throws */
  async run(run: RunOptions<API>): Promise<GovernedRunResult<API>> {
    checkRun(run)
    return drained(drive(this.#driven(run, false)))
  }

  /** The same, telling of it as it goes on. Nothing goes on that is not read: whoever stops reading stops the run. */
  runStream(run: RunOptions<API>): AsyncGenerator<RunEvent<API>, GovernedRunResult<API>, undefined> {
    checkRun(run)
    return flattened(drive(this.#driven(run, true)))
  }

  /** The same, asking a person at once about every call that is held; with a yes it runs, and the model goes on from its result. */
  async runWithApproval({ onApprovalRequired, ...run }: ApprovalRunOptions<API>): Promise<GovernedRunResult<API>> {
    checkRun(run)
    if (typeof onApprovalRequired !== 'function') throw invalid('run.onApprovalRequired', 'expected a function')
    const driven = this.#driven(run, false)
    return drained(drive({ ...driven, askPerson: onApprovalRequired }))
  }

  /**
   * Goes on with a run whose call was held: the stored arguments run, once, and the result goes back to the model.
   *
   * @param requestId of the request, or of its decision
   * @throws GovernanceError `not-found`; `approval-required` while it is not answered; as `approvals.resolve` for an answer that cannot be taken
   */
  async resumeAfterApproval(requestId: string, options: ResumeOptions<API> = {}): Promise<GovernedRunResult<API>> {
    checkRun(options, RESUME_KEYS)
    const { run: _run, ...driven } = this.#driven({}, false)
    return drained(resume(requestId, options, driven))
  }

  #driven(run: RunOptions<API>, isStreamed: boolean): Driven<API> {
    return { options: this.#options, run, tools: this.#tools, pending: this.#pending, isStreamed }
  }
}

/**
 * Governs the official OpenAI client's tool loop.
 *
 * @throws GovernanceError `invalid-option`
 */
export function createGovernedOpenAI<API extends Api = 'responses'>(
  options: GovernedOpenAIOptions<API>,
): GovernedOpenAI<API> {
  return new GovernedOpenAI(options)
}

/** What a generator comes to. */
async function drained<RESULT>(generator: AsyncGenerator<unknown, RESULT, undefined>): Promise<RESULT> {
  for (;;) {
    const { done, value } = await generator.next()
    if (done === true) return value
  }
}

import { checkScope, type Governor, knownKeys, type Scope } from 'countersign'
import type { ToolExecutionEvent } from '../call/execution-event.js'
import type { DescribeError } from '../call/model-text.js'
import { listedTool, type ToolOf } from '../run/listed-tool.js'
import { type Api, invalid, SCOPE_KEYS, scopeIn } from '../run/options.js'
import { openSession } from '../run/session.js'
import type { ParsedBy } from '../schema/standard-schema.js'
import { driftBetween, fingerprintOf, type ToolDrift } from './fingerprint.js'
import { makeTool } from './make-tool.js'
import type { RegisteredTool, ToolFunction, ToolOptions } from './tool.js'

/** Options of {@link FunctionRegistry}. */
export interface FunctionRegistryOptions extends Omit<Scope, 'model'> {
  readonly governor: Governor
  readonly describeError?: DescribeError
  /** Ids of calls, events and sessions. @defaultValue random UUIDs */
  readonly newId?: () => string
}

/** How one function is executed. */
export interface ExecuteOptions extends Omit<Scope, 'model'> {
  /** The model's id of the call: the same call of the same session is executed once. @defaultValue a new one */
  readonly callId?: string
  readonly context?: unknown
  readonly signal?: AbortSignal
}

/** Functions by name, without a loop around them: for programs that speak to the model themselves. Every execution is governed. */
export class FunctionRegistry {
  readonly #options: FunctionRegistryOptions
  readonly #tools = new Map<string, RegisteredTool>()

  /** @throws GovernanceError `invalid-option` */
  constructor(options: FunctionRegistryOptions) {
    knownKeys(options, ['governor', 'describeError', 'newId', ...SCOPE_KEYS], '')
    if (typeof options.governor?.run !== 'function') throw invalid('governor', 'expected a governor')
    checkScope(scopeIn(options), 'FunctionRegistry')
    this.#options = options
  }

  /**
   * Registers a function; its schema is checked now, not when it is called.
   *
   * @throws GovernanceError `invalid-option` for an option that is not right, and for a name that is taken
   */
  register(tool: RegisteredTool): this
  register<const SCHEMA extends NonNullable<ToolOptions['parameters']>>(
    name: string,
    execute: ToolFunction<ParsedBy<SCHEMA>, unknown>,
    options: ToolOptions<ParsedBy<SCHEMA>> & { readonly parameters: SCHEMA },
  ): this
  register(name: string, execute: ToolFunction<never, unknown>, options?: ToolOptions): this
  register(first: string | RegisteredTool, execute?: ToolFunction, options?: ToolOptions): this {
    const tool = typeof first === 'string' ? makeTool(first, execute as ToolFunction, options) : first
    if (this.#tools.has(tool.name)) throw invalid('register', `there is a function "${tool.name}" already`)
    this.#tools.set(tool.name, tool)
    return this
  }

  /** The functions as the provider is told of them. @defaultValue as Chat Completions is */
  list<API extends Api = 'chat'>(api: API = 'chat' as API): readonly ToolOf[API][] {
    return [...this.#tools.values()].map(tool => listedTool(tool, api))
  }

  /**
   * Checks the arguments, has the call decided on, and executes it if it may. Never rejects for what a call holds, or a
   * function does: see the event's status.
   *
   * @param args an object, or the text that the model wrote
   */
  async execute(name: string, args: unknown, options: ExecuteOptions = {}): Promise<ToolExecutionEvent> {
    knownKeys(options, ['callId', 'context', 'signal', ...SCOPE_KEYS], 'execute')
    const { newId = () => crypto.randomUUID() } = this.#options
    const { callId = newId(), ...run } = options
    const text = typeof args === 'string' ? args : (JSON.stringify(args) ?? '')
    const session = openSession(this.#options, run, this.#tools)
    const performed = await session.performer.perform({ kind: 'function', wireId: callId, callId, name, text })
    return performed.events[0] as ToolExecutionEvent
  }

  /** SHA-256 of what the model is told of each function, by name: to be kept, and compared by {@link FunctionRegistry.drift}. */
  async fingerprints(): Promise<Readonly<Record<string, string>>> {
    const tools = [...this.#tools.values()]
    const prints = await Promise.all(tools.map(fingerprintOf))
    return Object.fromEntries(tools.map(({ name }, index) => [name, prints[index] ?? '']))
  }

  /** What has changed since these fingerprints were taken: a policy that was written for other functions may not fit any more. */
  async drift(before: Readonly<Record<string, string>>): Promise<ToolDrift> {
    return driftBetween(before, await this.fingerprints())
  }
}

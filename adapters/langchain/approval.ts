import type { Decision } from 'countersign'
import type { CallConfig } from './place.js'

/** A held call, as a person is asked about it. */
export interface HeldCall {
  readonly name: string
  readonly args: Readonly<Record<string, unknown>>
  readonly decision: Decision
}

/** What a person answered about one held call. */
export type Answer = { readonly type: 'approve' } | { readonly type: 'reject'; readonly message?: string }

/** One action of a human-in-the-loop request. */
export interface ActionRequest {
  readonly name: string
  readonly args: Readonly<Record<string, unknown>>
  readonly description: string
  /** Id of the pending request in the governor's store; an answer that repeats it is bound to it. */
  readonly approvalId: string
}

/** What may be answered about one action. */
export interface ReviewConfig {
  readonly actionName: string
  readonly allowedDecisions: readonly Answer['type'][]
}

/**
 * The value of the interrupt: the request of LangChain's own human-in-the-loop middleware, and beside it the spelling
 * that agent-chat-ui and agent-inbox read.
 */
export interface ApprovalRequest {
  readonly actionRequests: readonly ActionRequest[]
  readonly reviewConfigs: readonly ReviewConfig[]
  readonly action_requests: readonly (ActionRequest & { readonly arguments: ActionRequest['args'] })[]
  readonly review_configs: readonly {
    readonly action_name: string
    readonly allowed_decisions: readonly Answer['type'][]
  }[]
}

const ALLOWED: readonly Answer['type'][] = ['approve', 'reject']
/** A reviewer's words go into the conversation; longer ones are cut. */
const MAX_MESSAGE_CHARS = 2000

/** Whether a person can be asked here: LangGraph needs a checkpointer to come back to the question. */
export function canAsk<CONFIG extends CallConfig>(
  config: CONFIG,
): config is CONFIG & { readonly interrupt: (value: unknown) => unknown } {
  return typeof config.interrupt === 'function' && Boolean(config.configurable?.['__pregel_checkpointer'])
}

/**
 * Asks about held calls in one interrupt, and again, with the reason, for as long as the answer cannot be used: LangGraph
 * keeps an answer once given, so one that threw would fail every later resume as well.
 *
 * @throws LangGraph's interrupt, until there is an answer
 */
export function ask(
  config: { readonly interrupt: (value: unknown) => unknown },
  held: readonly HeldCall[],
): readonly Answer[] {
  let problem: string | undefined
  for (;;) {
    const read = readAnswers(config.interrupt(approvalRequest(held, problem)), held)
    if (typeof read !== 'string') return read
    problem = read
  }
}

function approvalRequest(held: readonly HeldCall[], problem: string | undefined): ApprovalRequest {
  const actionRequests = held.map(({ name, args, decision }) => ({
    name,
    args,
    description: describe(name, args, decision.reason, problem),
    approvalId: decision.approvalId ?? decision.id,
  }))
  return {
    actionRequests,
    reviewConfigs: held.map(({ name }) => ({ actionName: name, allowedDecisions: ALLOWED })),
    action_requests: actionRequests.map(action => Object.assign({ arguments: action.args }, action)),
    review_configs: held.map(({ name }) => ({ action_name: name, allowed_decisions: ALLOWED })),
  }
}

function describe(name: string, args: HeldCall['args'], reason: string, problem: string | undefined): string {
  const again = problem === undefined ? '' : `\n\nThe previous answer could not be used: ${problem}.`
  return `Tool execution requires approval\n\nTool: ${name}\nReason: ${reason}\nArgs: ${JSON.stringify(args, writable, 2)}${again}`
}

/** JSON has no bigint, and a question must be asked all the same. */
function writable(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}

/** One answer for each held call, in their order; or why there is none. Understands both HITL spellings and agent-inbox's list. */
function readAnswers(response: unknown, held: readonly HeldCall[]): readonly Answer[] | string {
  const list = Array.isArray(response) ? (response as readonly unknown[]) : field(response, 'decisions')
  if (!Array.isArray(list)) return 'expected { decisions: [...] }'
  if (list.length !== held.length) return `${list.length} decisions for ${held.length} actions`
  const ordered = bind(list, held)
  if (typeof ordered === 'string') return ordered
  const answers: Answer[] = []
  for (const item of ordered) {
    const answer = readAnswer(item)
    if (typeof answer === 'string') return answer
    answers.push(answer)
  }
  return answers
}

/** Answers that name an approval belong to it; without names, their order counts. */
function bind(list: readonly unknown[], held: readonly HeldCall[]): readonly unknown[] | string {
  const ids = list.map(item => field(item, 'approvalId'))
  if (ids.every(id => id === undefined)) return list
  const byId = new Map(list.map((item, index) => [ids[index], item]))
  const ordered = held.map(({ decision }) => byId.get(decision.approvalId ?? decision.id))
  return ordered.includes(undefined) ? 'an approvalId is missing or belongs to another request' : ordered
}

function readAnswer(item: unknown): Answer | string {
  const type = field(item, 'type')
  const message = field(item, 'message') ?? field(item, 'args')
  switch (type) {
    case 'approve':
    case 'accept':
      return { type: 'approve' }
    case 'reject':
    case 'ignore':
    case 'response':
      return typeof message === 'string'
        ? { type: 'reject', message: message.slice(0, MAX_MESSAGE_CHARS) }
        : { type: 'reject' }
    default:
      return `a decision of type ${JSON.stringify(type) ?? 'undefined'} is not possible here, only ${ALLOWED.join(' or ')}`
  }
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  return (value as Record<string, unknown>)[name]
}

import { type Approval, type Governor, isGovernanceError, refusalText, restore, type ToolCall } from 'countersign'
import { answerOf } from '../answers.js'
import { handOn } from '../hand-on.js'
import { unaskedText, undecidedText, usedText } from '../texts.js'

/** One answer in a conversation, in either kind of message. */
export interface Answer {
  readonly approvalId: string
  readonly approved: boolean
  readonly reason: string | undefined
  readonly toolCallId: string
  readonly toolName: string
  readonly input: unknown
}

/** What a client sent where a text belongs; what is none says nothing. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** What becomes of an answer: it stays; it stays, and the call is given back what JSON took from its input; or it is a denial. */
export type Reviewed = 'kept' | { readonly input: unknown } | { readonly denied: string }

/** Takes an answer about a call of a tool that runs here to the ledger. Never rejects: the chat goes on. */
export async function reviewAnswer(answer: Answer, governor: Governor): Promise<Reviewed> {
  const { toolCallId: id, toolName: name, input, approved } = answer
  const call = { id, name, input }
  try {
    const approval = await governor.approvals.answer(call, answerOf(answer))
    if (!approved) return 'kept'
    const isGiven = approval.status === 'approved' || approval.status === 'consumed'
    if (!isGiven) return { denied: await whyNot(approval, governor) }
    const asked = restore(approval.call.input)
    return holdsMoreThanJson(asked) ? { input: asked } : 'kept'
  } catch (error) {
    // The SDK denies it by itself; that it could not be recorded changes nothing for the call.
    return approved ? { denied: await whyRefused(call, error, governor) } : 'kept'
  }
}

/**
 * Takes an answer that the provider is waiting for through the policy: it is told "yes" only for what may run, once. It
 * goes by the id that the provider knows, because that is what it will act on.
 *
 * @param isPast the conversation has gone on since: what was handed on stays in it as it was
 */
export async function reviewHosted(answer: Answer, isPast: boolean, governor: Governor): Promise<Reviewed> {
  const { approvalId: id, toolName: name, input, approved } = answer
  if (!approved && isPast) return 'kept'
  const call = { id, name, input }
  try {
    const { next, message = undecidedText(name) } = await governor.prepare(call)
    if (next === 'refuse') return approved ? { denied: message } : 'kept'
    if (!approved) {
      if (next === 'ask') await governor.approvals.answer(call, answerOf(answer))
      return 'kept'
    }
    const handed = await handOn(governor, call, next === 'ask' ? { answer: answerOf(answer) } : {})
    if (handed === 'now' || (handed === 'before' && isPast)) return 'kept'
    return { denied: handed === 'before' ? usedText(name) : handed.refused }
  } catch {
    return approved ? { denied: undecidedText(name) } : 'kept'
  }
}

async function whyRefused(call: ToolCall, error: unknown, governor: Governor): Promise<string> {
  if (isGovernanceError(error, 'not-found')) return unaskedText(call.name)
  try {
    const approval = await governor.approvals.find(call)
    const isOurs = approval !== undefined && isGovernanceError(error)
    return isOurs ? await whyNot(approval, governor, error.message.replace(/\.$/, '')) : undecidedText(call.name)
  } catch {
    return undecidedText(call.name)
  }
}

async function whyNot(approval: Approval, governor: Governor, problem?: string): Promise<string> {
  const decision = await governor.decisions.get(approval.decisionId)
  return decision === undefined ? undecidedText(approval.call.name) : refusalText(decision, approval, problem)
}

/** Such as dates, which a page gives back as texts. */
function holdsMoreThanJson(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return typeof value === 'bigint'
  const prototype: unknown = Object.getPrototypeOf(value)
  const isPlain = Array.isArray(value) || prototype === Object.prototype || prototype === null
  return !isPlain || Object.values(value).some(holdsMoreThanJson)
}

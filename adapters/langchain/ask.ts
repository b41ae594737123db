import type { ChatAnswer, Governor, Preparation, Scope } from 'countersign'
import { type Answers, isDecisions, readAnswers } from './answers.js'
import { answersAtHand, nextAnswer } from './scratchpad.js'
import { type CallConfig, ofSession } from './place.js'
import { approvalRequest, type HeldCall, requestOf } from './question.js'

/** A call that may have to be asked about. */
export interface AskableCall {
  readonly name: string
  readonly args: Readonly<Record<string, unknown>>
  readonly schema: unknown
  readonly callId: string
  readonly governor: Governor
  readonly scope: Scope
  /** Decides the call ahead, or says what somebody answered about it. */
  readonly prepare: (answer?: ChatAnswer) => Promise<Preparation>
  /** What is wrong with an answer, as far as it can be told here. */
  readonly check: (answer: ChatAnswer) => Promise<string | undefined>
}

/** A call, and what is known of it now. */
export interface AskedCall extends AskableCall {
  preparation: Preparation
  problem: string | undefined
  /** Its request was opened just now: no answer can be about it. */
  isNew: boolean
}

/** How answers come in. */
export interface AskingOptions {
  readonly config: CallConfig & { readonly interrupt: (value: unknown) => unknown }
  /** Nothing else asks in this task: all answers are about these calls, and all but the latest were acted on when they came. */
  readonly isAlone: boolean
  /** Why answers must name their request, where their order says nothing. */
  readonly byName: () => Promise<string | undefined>
}

/** Decides a call ahead. Whether its request is new matters only where an answer may be at hand. */
export async function prepareCall(call: AskableCall, mayBeAnswered: boolean): Promise<AskedCall> {
  const known = mayBeAnswered ? await requestsOf(call.governor, call.scope, call.callId) : undefined
  const preparation = await call.prepare()
  const { approvalId } = preparation.decision
  const isNew = known !== undefined && approvalId !== undefined && !known.has(approvalId)
  return { ...call, preparation, problem: undefined, isNew }
}

/** Ids of all requests that were ever opened for a call id. */
async function requestsOf(governor: Governor, scope: Scope, callId: string): Promise<ReadonlySet<string>> {
  const approvals = await governor.approvals.list({ callId, ...ofSession(scope) })
  return new Set(approvals.map(({ id }) => id))
}

/**
 * Asks about all held calls in one interrupt, and again, with the reason, for as long as one of them waits: LangGraph keeps
 * an answer once given, so one that threw would fail every later resume as well. It runs this from its beginning each
 * time, and gives the earlier answers once more. Each question names all held calls, also those that are answered: only
 * then does the place of an answer say what it is about.
 *
 * @throws LangGraph's interrupt, until there is an answer
 */
export async function ask(calls: readonly AskedCall[], options: AskingOptions): Promise<void> {
  const held = calls.filter(({ preparation }) => preparation.decision.result === 'requires_approval')
  if (held.length === 0) return
  const { config, isAlone } = options
  // Here, because nothing may come between looking for an answer and asking.
  const { toJsonSchema } = await import('@langchain/core/utils/json_schema')
  let isAnswered = false
  for (;;) {
    const atHand = answersAtHand(config)
    const isLeft = isAlone ? (atHand ?? 0) > 0 : !isAnswered && isDecisions(nextAnswer(config))
    if (!isLeft && !held.some(isPending)) return
    const question = approvalRequest(held.map(asHeld), toJsonSchema)
    const response = config.interrupt(question)
    const isOld = isAlone && atHand !== undefined && atHand > 1
    if (isOld) continue
    const byName = held.some(isPending) ? await options.byName() : undefined
    const answers = held.some(({ isNew }) => isNew) ? NEW : readAnswers(response, question.actionRequests, byName)
    isAnswered ||= typeof answers !== 'string'
    await hand(held, answers)
  }
}

const NEW = 'it was given before this was asked'

/** Hands the answers to the core, which judges what they are worth. */
async function hand(held: readonly AskedCall[], answers: Answers): Promise<void> {
  for (const call of held) {
    call.isNew = false
    const answer = typeof answers === 'string' ? undefined : answers.get(requestOf(call.preparation))
    call.problem = typeof answers === 'string' ? answers : answer && (await call.check(answer))
    if (answer === undefined || call.problem !== undefined) continue
    call.preparation = await call.prepare(answer)
    call.problem = call.preparation.problem
  }
}

function isPending({ preparation: { approval } }: AskedCall): boolean {
  return approval?.status === 'pending'
}

function asHeld({ name, args, schema, preparation, problem }: AskedCall): HeldCall {
  const { decision, approval } = preparation
  return { name, args, schema, decision, approval, problem }
}

import type { Scope } from 'countersign'
import { EventLog } from '../call/event-log.js'
import { anyError } from '../call/model-text.js'
import type { AskPerson } from '../call/ask.js'
import { Performer } from '../call/performer.js'
import type { RegisteredTool } from '../tools/tool.js'
import { type Api, type GovernedOpenAIOptions, type RunOptions, scopeIn } from './options.js'

/** A run's own scope, and what is made for it. */
export interface RunSession {
  readonly scope: Readonly<Scope> & { readonly sessionId: string; readonly traceId: string }
  readonly log: EventLog
  readonly performer: Performer
  /** Nothing is listened to any longer. */
  readonly end: () => void
}

/** What of the options a session is made of. */
export type SessionOptions = Pick<GovernedOpenAIOptions<Api>, 'governor' | 'newId' | 'describeError' | 'onDecision'> &
  Omit<Scope, 'model'>

/** Opens the scope of a run: what it says, over what the client says, over what the governor says; and a session of its own, where none of them names one. */
export function openSession(
  options: SessionOptions,
  run: Pick<RunOptions<Api>, 'context' | 'signal'> & Scope,
  tools: ReadonlyMap<string, RegisteredTool>,
  askPerson?: AskPerson,
): RunSession {
  const { governor, newId = randomId, describeError = anyError, onDecision } = options
  const said: Scope = { ...scopeIn(options), ...scopeIn(run) }
  const sessionId = said.sessionId ?? governor.scope.sessionId ?? newId()
  const traceId = said.traceId ?? newId()
  const model = run.model ?? governor.scope.model
  const session = governor.session({ ...said, model, sessionId, traceId })
  const end =
    onDecision === undefined
      ? () => undefined
      : session.on(event => (event.type === 'decision-made' ? onDecision(event) : undefined))
  const log = new EventLog(traceId, newId)
  const scope = { ...session.scope, sessionId, traceId }
  const { signal, context } = run
  const performer = new Performer({ session, scope, tools, log, signal, context, describeError, askPerson, now: ticks })
  return { scope, log, performer, end }
}

function ticks(): number {
  return performance.now()
}

function randomId(): string {
  return crypto.randomUUID()
}

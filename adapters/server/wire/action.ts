import type { CallScope, ToolCall } from 'countersign'
import { newId, present } from '../../../src/ambient.js'
import { isRecord } from '../../../src/service/protocol/validate.js'

type Json = Readonly<Record<string, unknown>>

/** A question about an action, as a call that is to be decided on. */
export interface Asked {
  readonly call: ToolCall
  readonly scope: CallScope
  readonly dryRun: boolean
}

/** Fields of a context that say who, where and which call; what is left over is the call's metadata. */
const FACTS = new Set([
  'session_id',
  'trajectory_id',
  'trace_id',
  'call_id',
  'call_key',
  'tool',
  'model',
  'user',
  'arguments',
  'input',
  'connection_mode',
  'require_live_connection',
  'connection_id',
])

/** Reads a question about an action, in the words of clients of every version. */
export function readAction(body: Json, now: number, askedBy?: string): Asked {
  const context: Json = { ...record(body['metadata']), ...record(body['context']) }
  const metadata = metadataIn(context)
  const action = body['action'] as string
  const [value, target, domain] = [body['value'] ?? undefined, text(body['target']), text(body['domain'])]
  const callId = text(context['call_id'])
  const about = present({ action, value: value as number | undefined, target })
  return {
    call: {
      id: callId ?? newId(now),
      name: text(context['tool']) ?? action,
      // What is said of the action goes before what its context calls by the same name.
      input: argumentsOf(body, context) ?? { ...metadata, ...present({ value, target }) },
    },
    scope: {
      ...present({
        domain,
        // Who has no conversation has a run: call ids are of one of them.
        sessionId: text(context['session_id']) ?? text(context['trajectory_id']) ?? text(context['trace_id']),
        traceId: text(context['trace_id']),
        model: text(context['model']),
        user: text(context['user']),
      }),
      actor: text(body['actor']) ?? 'AI_AGENT',
      profile: { ...about, metadata },
      askedBy,
      elsewhere: callId === undefined ? 'unrepeatable' : 'repeatable',
      // Whoever executes it knows more of it than is said here: other arguments, another person. And the rest is said freely: of the same
      // arguments at another value, nobody has approved.
      bound: JSON.stringify([text(context['call_key']), action, domain, value, target].map(fact => fact ?? null)),
    },
    dryRun: body['dry_run'] === true,
  }
}

function metadataIn(context: Json): Json {
  // What is called like the prototype is data too, and must not become it.
  if (Object.hasOwn(context, '__proto__')) {
    return Object.fromEntries(Object.entries(context).filter(([name]) => !FACTS.has(name)))
  }
  const metadata: Record<string, unknown> = {}
  for (const name of Object.keys(context)) if (!FACTS.has(name)) metadata[name] = context[name]
  return metadata
}

/** What the tool would be called with, if the client said so. Else the call is bound to what it said instead. */
function argumentsOf(body: Json, context: Json): unknown {
  for (const given of [context['arguments'], context['input'], body['arguments'], body['input']]) {
    if (given !== undefined && given !== null) return given
  }
  return undefined
}

function record(value: unknown): Json {
  return isRecord(value) ? value : {}
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

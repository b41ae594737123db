import { isRecord } from './record.js'

/** A call as the model proposed it, not yet believed. */
export interface ProposedCall {
  /** `function`: JSON arguments. `custom`: free text. `hosted`: executed at the provider, which asks first. `builtin`: defined by the provider. */
  readonly kind: 'function' | 'custom' | 'hosted' | 'builtin'
  /** What its result is sent back under. */
  readonly wireId: string
  /** What it is governed under: the wire's id, made unique in its conversation. */
  readonly callId: string
  readonly name: string
  /** Its arguments as they came. */
  readonly text: string
  /** The calls in one wrapper call: their results go back together. */
  readonly children?: readonly ProposedCall[] | undefined
  /** Sent back beside the result, as it came. */
  readonly echo?: Readonly<Record<string, unknown>> | undefined
}

/** Arguments as the model wrote them, or why they are none. */
export function readArguments({
  kind,
  text,
}: ProposedCall): { readonly input: unknown } | { readonly problem: string } {
  if (kind === 'custom') return { input: text }
  let input: unknown
  try {
    // Some providers write nothing where there are no arguments.
    input = text.trim() === '' ? {} : JSON.parse(text)
  } catch (error) {
    return { problem: `Invalid arguments JSON: ${error instanceof Error ? error.message : String(error)}` }
  }
  return isRecord(input) ? { input } : { problem: 'Invalid arguments: expected one JSON object' }
}

/** What some models call instead of several tools at once, undeclared. */
const WRAPPERS = new Set(['parallel', 'multi_tool_use.parallel'])

/** More calls in one are no calls. */
const MAX_CHILDREN = 64

/** A wrapper call with the calls in it; any other call as it is. */
export function expanded(call: ProposedCall, isKnown: (name: string) => boolean): ProposedCall {
  if (call.kind !== 'function' || !WRAPPERS.has(call.name) || isKnown(call.name)) return call
  const read = readArguments(call)
  const uses: unknown = 'input' in read ? (read.input as { readonly tool_uses?: unknown }).tool_uses : undefined
  if (!Array.isArray(uses) || uses.length === 0 || uses.length > MAX_CHILDREN) return call
  const children = uses.map((use: unknown, index): ProposedCall => {
    const { recipient_name: recipient, parameters = {} } = isRecord(use) ? use : {}
    const name = typeof recipient === 'string' ? recipient.replace(/^functions\./, '') : ''
    const text = JSON.stringify(parameters) ?? ''
    return { kind: 'function', wireId: call.wireId, callId: `${call.callId}_${index}`, name, text }
  })
  return { ...call, children }
}

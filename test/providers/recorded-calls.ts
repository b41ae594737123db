import { readFileSync } from 'node:fs'
import { FIXTURES } from '../support/replay-server.js'

/** A call of a client's tool, as it was recorded. */
export interface RecordedCall {
  readonly name: string
  readonly input: unknown
}

/** Calls of the client's tools in a recording of any API, in their order, found without any of the code under test. */
export function callsIn(path: string): readonly RecordedCall[] {
  const text = readFileSync(FIXTURES + path, 'utf8')
  if (path.endsWith('.json')) return wholeCalls(JSON.parse(text))
  const calls: Building[] = []
  const open = new Map<unknown, Building>()
  for (const [json] of text.matchAll(/\{.*\}$/gm)) for (const read of READERS) read(JSON.parse(json), calls, open)
  return calls.map(({ name, input, text: written }) => ({ name, input: written === '' ? input : JSON.parse(written) }))
}

interface Building {
  readonly name: string
  readonly input: Record<string, unknown>
  text: string
}

function wholeCalls(body: any): readonly RecordedCall[] {
  const chat = (body.choices ?? []).flatMap(({ message }: any) => message.tool_calls ?? [])
  const gemini = (body.candidates ?? []).flatMap(({ content }: any) => content.parts ?? [])
  const items = [
    body.content ?? [],
    body.steps ?? [],
    body.output?.message?.content ?? (Array.isArray(body.output) ? body.output : []),
    gemini,
    chat,
  ].flat()
  return items.flatMap((item: any) => {
    if (item.type === 'tool_use') return { name: item.name, input: item.input }
    if (item.toolUse) return { name: item.toolUse.name, input: item.toolUse.input }
    if (item.functionCall) return { name: item.functionCall.name, input: item.functionCall.args ?? {} }
    if (item.type === 'function_call') return { name: item.name, input: parsed(item.arguments) }
    return item.function ? { name: item.function.name, input: parsed(item.function.arguments) } : []
  })
}

const parsed = (value: unknown): unknown => (typeof value === 'string' ? JSON.parse(value) : value)

type Read = (event: any, calls: Building[], open: Map<unknown, Building>) => void

/** A block that never ends is no call. */
const readAnthropic: Read = ({ type, index, message, content_block: block, delta }, calls, open) => {
  if (type === 'message_start') {
    open.clear()
    calls.push(...wholeCalls(message).map(({ name, input }) => building(name, input as Building['input'])))
  }
  if (block?.type === 'tool_use') open.set(index, building(block.name, block.input))
  append(open.get(index), delta?.partial_json)
  if (type === 'content_block_stop') close(index, calls, open)
}

const readBedrock: Read = (
  { contentBlockStart: start, contentBlockDelta: delta, contentBlockStop: stop },
  calls,
  open,
) => {
  if (start?.start.toolUse) open.set(start.contentBlockIndex, building(start.start.toolUse.name))
  append(open.get(delta?.contentBlockIndex), delta?.delta.toolUse?.input)
  if (stop) close(stop.contentBlockIndex, calls, open)
}

function close(index: unknown, calls: Building[], open: Map<unknown, Building>): void {
  calls.push(...[open.get(index)].filter(call => call !== undefined))
  open.delete(index)
}

const readInteractions: Read = ({ event_type: type, step, delta }, calls) => {
  if (type === 'step.start' && step.type === 'function_call') calls.push(building(step.name))
  if (delta?.type === 'arguments_delta') append(calls.at(-1), delta.arguments)
}

const readResponses: Read = ({ type, item }, calls) => {
  if (type === 'response.output_item.done' && item.type === 'function_call')
    append(added(calls, item.name), item.arguments)
}

const readChat: Read = ({ choices = [] }, calls) => {
  for (const { id, function: called } of choices.flatMap(({ delta }: any) => delta?.tool_calls ?? []))
    append(id && called.name ? added(calls, called.name) : calls.at(-1), called.arguments)
}

const readCandidates: Read = ({ candidates = [] }, calls) => {
  for (const { functionCall } of candidates.flatMap(({ content }: any) => content?.parts ?? []))
    if (functionCall) readGemini(functionCall, calls)
}

const READERS: readonly Read[] = [readAnthropic, readBedrock, readInteractions, readResponses, readChat, readCandidates]

const building = (name: string, input: Record<string, unknown> = {}): Building => ({
  name,
  input: { ...input },
  text: '',
})

function added(calls: Building[], name: string): Building {
  const call = building(name)
  calls.push(call)
  return call
}

function append(call: Building | undefined, text: unknown): void {
  if (call !== undefined && typeof text === 'string') call.text += text
}

function readGemini({ name, args, partialArgs = [] }: any, calls: Building[]): void {
  if (name) calls.push(building(name, args))
  for (const { jsonPath, stringValue, numberValue, boolValue } of partialArgs) {
    const keys: readonly string[] = jsonPath.match(/[^$.[\]]+/g)
    let place: any = calls.at(-1)?.input
    for (const [depth, key] of keys.slice(0, -1).entries())
      place = place[key] ??= /^\d+$/.test(keys[depth + 1] ?? '') ? [] : {}
    const last = keys.at(-1) ?? ''
    place[last] = stringValue === undefined ? (numberValue ?? boolValue) : (place[last] ?? '') + stringValue
  }
}

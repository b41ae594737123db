import type { Governor } from 'countersign'
import { type Builtin, createGovernedOpenAI, type ToolExecutionEvent, type ToolOptions } from 'countersign/openai'
import { type ReplayStep, replayServer, streamed } from 'countersign/testing'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { CHAT, RESPONSES } from '../support/recordings.js'
import { hasFixtures, NEEDS_FIXTURES, recorded } from '../support/replay-server.js'
import { all, clientOf, governorWith } from './support.js'

interface Call {
  readonly name: string
  readonly text: string
  readonly id?: string
}

/** The calls in a recording, found without any of the code under test. */
function callsIn(steps: readonly ReplayStep[]): readonly Call[] {
  const parts: readonly any[] = steps.flatMap(step =>
    'frames' in step
      ? step.frames.flatMap(frame => /^data: (\{.*\})$/m.exec(String(frame))?.[1] ?? []).map(parse)
      : [step.body as any],
  )
  const items = parts.flatMap(part => (part?.type === 'response.output_item.done' ? [part.item] : (part?.output ?? [])))
  /** Shells in the provider's own containers. */
  const elsewhere = new Set(items.flatMap(item => (item.type === 'shell_call_output' ? [item.call_id] : [])))
  const chat = new Map<string, { name: string; text: string }>()
  let last: string | undefined
  for (const entry of parts
    .flatMap(part => part?.choices ?? [])
    .flatMap((choice: any) => (choice.delta ?? choice.message)?.tool_calls ?? [])) {
    if (entry.id) last = entry.id as string
    const known = chat.get(last ?? '') ?? { name: '', text: '' }
    chat.set(last ?? '', {
      name: known.name || (entry.function?.name ?? ''),
      text: known.text + (entry.function?.arguments ?? ''),
    })
  }
  return [...items.flatMap(callOf).filter(({ id }) => id === undefined || !elsewhere.has(id)), ...chat.values()]
}

function callOf(item: any): readonly Call[] {
  switch (item?.type) {
    case 'function_call': {
      const uses = item.name === 'parallel' ? (parse(item.arguments)?.tool_uses ?? []) : undefined
      if (uses === undefined) return [{ name: item.name, text: item.arguments }]
      return uses.map((use: any) => ({
        name: use.recipient_name.slice('functions.'.length),
        text: JSON.stringify(use.parameters),
      }))
    }
    case 'custom_tool_call':
      return [{ name: item.name, text: item.input }]
    case 'local_shell_call':
      return [{ name: 'local_shell', text: JSON.stringify(item.action) }]
    case 'apply_patch_call':
      return [{ name: 'apply_patch', text: JSON.stringify(item.operation) }]
    case 'shell_call':
      return [{ name: 'shell', text: JSON.stringify(item.action), id: item.call_id }]
    case 'mcp_approval_request':
      return [{ name: `${item.server_label}__${item.name}`, text: item.arguments }]
    default:
      return []
  }
}

function parse(text: string): any {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Recordings of answers that are errors, or that were broken on purpose: no run can come to an end with them. */
const ENDS_IN_ERROR: Readonly<Record<string, RegExp>> = {
  'openai-error.1.chunks.txt': /exceeded your current quota/,
  'openai-error.1.json': /exceeded your current quota/,
  'parallel-tool-call-wrapper.1.chunks.txt': /broke before the answer was complete/,
  'reasoning-model-temperature-error.json': /temperature/,
  'reasoning-model-legacy-parameter-error.json': /max_tokens/,
}

async function replay(path: string, api: 'responses' | 'chat') {
  const steps = recorded(path)
  const calls = callsIn(steps)
  const isStreamed = !path.endsWith('.json')
  const done = api === 'chat' ? chatDone(isStreamed) : responsesDone(isStreamed)
  const rounds = steps.length
  await using server = await replayServer({
    [api === 'chat' ? '/chat/completions' : '/responses']: [...steps, ...Array<ReplayStep>(3).fill(done)],
  })
  const governor = governorWith({ policy: [] })
  const ai = createGovernedOpenAI<'responses' | 'chat'>({
    client: clientOf(server),
    governor,
    model: 'gpt-5.1',
    api,
    maxToolRounds: 8,
  })
  const ran: Call[] = []
  const kinds = new Map(
    steps.length === 0
      ? []
      : calls.map(call => [call.name, call.text.trimStart().startsWith('{') || call.text === ''] as const),
  )
  for (const [name, isJson] of kinds) {
    if (!/^[\w-]+$/.test(name)) continue
    const options: ToolOptions = BUILTINS.has(name)
      ? { builtin: name as Builtin }
      : isJson
        ? { parameters: { type: 'object' } }
        : { format: { type: 'text' } as const, parameters: { type: 'string' } }
    const note = (input: unknown): void =>
      void ran.push({ name, text: typeof input === 'string' ? input : JSON.stringify(input) })
    ai.tool(name, note, options)
  }
  let events: readonly ToolExecutionEvent[] = []
  if (isStreamed) {
    for (const event of await all(ai.runStream({ input: 'go' })))
      if (event.type === 'final_response') events = event.response.execution.events
  } else events = (await ai.run({ input: 'go' })).execution.events
  return { calls, ran, events, governor, rounds, requests: server.requests.length }
}

function chatDone(isStreamed: boolean): ReplayStep {
  const choice = { index: 0, finish_reason: 'stop' }
  if (!isStreamed)
    return { body: { id: 'end', choices: [{ ...choice, message: { role: 'assistant', content: 'Done.' } }] } }
  return streamed([{ id: 'end', choices: [{ ...choice, delta: { content: 'Done.' } }] }])
}

function responsesDone(isStreamed: boolean): ReplayStep {
  const content = [{ type: 'output_text', text: 'Done.', annotations: [] }]
  const response = { id: 'end', status: 'completed', output: [{ type: 'message', role: 'assistant', content }] }
  return isStreamed
    ? streamed([
        { type: 'response.created', response },
        { type: 'response.completed', response },
      ])
    : { body: response }
}

const BUILTINS = new Set(['shell', 'local_shell', 'apply_patch'])

const normalised = ({ name, text }: Call): string => `${name} ${JSON.stringify(parse(text) ?? text)}`

describe.skipIf(!hasFixtures)(`recordings, through the client they belong to, governed (${NEEDS_FIXTURES})`, () => {
  const recordings = [
    ...RESPONSES.map(path => [path, 'responses'] as const),
    ...CHAT.map(path => [path, 'chat'] as const),
  ]

  it('are all there', () => {
    expect(RESPONSES.length).toBeGreaterThan(60)
    expect(CHAT.length).toBeGreaterThan(25)
  })

  it.each(recordings)('%s', async (path, api) => {
    const name = path.split('/').at(-1) ?? ''
    const expected = ENDS_IN_ERROR[name]
    if (expected !== undefined) {
      const error = await replay(path, api).then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      expect(error).toBeInstanceOf(Error)
      expect((error as Error).constructor.name).not.toBe('TypeError')
      expect((error as Error).message).toMatch(expected)
      return
    }
    const { calls, ran, events, governor } = await replay(path, api)
    // A search for tools is no call that anybody here governs: it is refused in words.
    const refused = events.filter(({ tool }) => tool === 'tool_search')
    expect(refused.map(({ status }) => status)).toEqual(
      name.startsWith('openai-client-tool-search.1') ? ['blocked'] : [],
    )
    await sameCalls(
      calls,
      ran,
      events.filter(event => !refused.includes(event)),
      governor,
    )
  })

  async function sameCalls(
    calls: readonly Call[],
    ran: readonly Call[],
    events: readonly ToolExecutionEvent[],
    governor: Governor,
  ): Promise<void> {
    // Same calls, in the same order, one decision for each.
    expect(events.map(event => event.tool)).toEqual(calls.map(call => call.name))
    const hosted = events.filter(({ tool }) => tool.includes('__'))
    expect(ran.map(normalised)).toEqual(calls.filter(call => !call.name.includes('__')).map(normalised))
    expect(events.map(({ status }) => status)).toEqual(calls.map(() => 'executed'))
    const decisions = await governor.decisions.list({ limit: 100 })
    expect(new Set(decisions.map(({ id }) => id))).toEqual(new Set(events.map(({ requestId }) => requestId)))
    expect(decisions).toHaveLength(calls.length)
    for (const event of hosted) expect(event.output).toBe('handed on')
  }

  it.each(['openai/src/responses', 'azure/src'])(
    'the recorded loop of %s: three runs, four requests, the recorded answer',
    async folder => {
      const name = folder.startsWith('azure')
        ? 'azure-reasoning-encrypted-content.1'
        : 'openai-reasoning-encrypted-content.1'
      const path = `packages/${folder}/__fixtures__/${name}.chunks.txt`
      await using server = await replayServer({
        '/responses': recorded(path),
      })
      const ran: string[] = []
      const ai = createGovernedOpenAI({
        client: clientOf(server),
        governor: governorWith({ policy: [] }),
        model: 'gpt-5.1-codex-max',
      })
      ai.tool(
        'calculator',
        ({ a, b, op }) => {
          ran.push(`${a} ${op} ${b}`)
          return op === 'add' ? a + b : a * b
        },
        {
          parameters: z.object({ a: z.number(), b: z.number(), op: z.enum(['add', 'subtract', 'multiply', 'divide']) }),
        },
      )
      const events = await all(ai.runStream({ input: 'Calculate ((12 + 7) * 3) * 10.' }))
      expect(events.at(-1)).toMatchObject({
        type: 'final_response',
        response: { text: expect.stringMatching(/^.{10,40}$/) },
      })
      expect(ran).toEqual(['12 add 7', '19 multiply 3', '57 multiply 10'])
      expect(server.requests).toHaveLength(4)
      const reasoning = server.requests.at(-1)?.body.input.filter((item: any) => item.type === 'reasoning')
      expect(reasoning.length).toBeGreaterThan(0)
      for (const item of reasoning) expect(item.encrypted_content).toEqual(expect.any(String))
    },
  )
})

import { createMCPClient } from '@ai-sdk/mcp'
import {
  dynamicTool,
  generateText,
  type InferUITools,
  type LanguageModel,
  type ModelMessage,
  streamText,
  tool,
  ToolLoopAgent,
  toUIMessageStream,
  type UIMessage,
} from 'ai'
import type { Governor } from 'countersign'
import {
  governanceStream,
  type GovernanceUIData,
  type GovernanceUIDataTypes,
  governedTool,
  governedTools,
  reviewMessages,
  withGovernance,
} from 'countersign/ai-sdk'
import { describe, expectTypeOf, it } from 'vitest'
import { z } from 'zod'

declare const governor: Governor
declare const model: LanguageModel

const double = tool({ inputSchema: z.object({ n: z.number() }), execute: async ({ n }) => ({ doubled: n * 2 }) })
const search = tool({
  inputSchema: z.object({ q: z.string() }),
  contextSchema: z.object({ key: z.string() }),
  async *execute({ q }, { context }) {
    yield { hits: 0, key: context.key }
    yield { hits: q.length, key: context.key }
  },
})
const confirm = tool({ inputSchema: z.object({ sure: z.boolean() }), outputSchema: z.string() })
const anything = dynamicTool({ inputSchema: z.object({}), execute: async () => 1 })
const raw = { double, search, confirm, anything }
const governed = governedTools(raw, { governor })

/** Stricter than assignability: tells `any`, optional and readonly apart. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the comparison needs both
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

describe('types in are types out', () => {
  it('for single tools of every kind', () => {
    const one = governedTool(double, { name: 'double', governor })
    const two = governedTool(search, { name: 'search', governor })
    const three = governedTool(confirm, { name: 'confirm', governor })
    const four = governedTool(anything, { name: 'anything', governor })
    expectTypeOf<Equal<typeof one, typeof double>>().toEqualTypeOf<true>()
    expectTypeOf<Equal<typeof two, typeof search>>().toEqualTypeOf<true>()
    expectTypeOf<Equal<typeof three, typeof confirm>>().toEqualTypeOf<true>()
    expectTypeOf<Equal<typeof four, typeof anything>>().toEqualTypeOf<true>()
  })

  it('for records, spread or not', () => {
    const spread = withGovernance(raw, { governor })
    expectTypeOf<Equal<typeof governed, typeof raw>>().toEqualTypeOf<true>()
    expectTypeOf<Equal<typeof spread.tools, typeof raw>>().toEqualTypeOf<true>()
    expectTypeOf<Equal<InferUITools<typeof governed>, InferUITools<typeof raw>>>().toEqualTypeOf<true>()
  })

  it('for MCP tools', async () => {
    const client = await createMCPClient({ transport: { type: 'http', url: 'http://localhost' } })
    const tools = await client.tools()
    const wrapped = withGovernance(tools, { governor, trustAnnotations: true, profiles: { anything: { domain: 'x' } } })
    expectTypeOf<Equal<typeof wrapped.tools, typeof tools>>().toEqualTypeOf<true>()
  })
})

describe('what is known of a tool reaches its options', () => {
  it('the input, in profiles', () => {
    governedTool(double, {
      name: 'double',
      governor,
      value: input => expectTypeOf(input).toEqualTypeOf<{ n: number }>() && input.n,
    })
    governedTools(raw, {
      governor,
      profiles: {
        double: { value: input => input.n, annotations: { readOnly: true } },
        search: { target: ({ q }) => q, metadata: input => ({ length: input.q.length }) },
      },
    })
    // @ts-expect-error the input has no such field
    governedTool(double, { name: 'double', governor, value: input => input.m })
    // @ts-expect-error there is no such tool
    governedTools(raw, { governor, profiles: { duble: {} } })
    // @ts-expect-error the input has no such field
    governedTools(raw, { governor, profiles: { search: { target: input => input.query } } })
    // @ts-expect-error there is no such option
    withGovernance(raw, { governor, profile: {} })
    // @ts-expect-error there is no such hint
    governedTool(double, { name: 'double', governor, annotations: { readonly: true } })
    // @ts-expect-error a single tool needs a name
    governedTool(double, { governor })
  })

  it('the context, in scope', () => {
    governedTool(search, { name: 'search', governor, scope: ({ context }) => ({ tenant: context.key }) })
    withGovernance(
      { search },
      { governor, scope: ({ context, toolCallId }) => ({ tenant: context.key, sessionId: toolCallId }) },
    )
    // @ts-expect-error the context has no such field
    governedTool(search, { name: 'search', governor, scope: ({ context }) => ({ tenant: context.tenant }) })
    // @ts-expect-error a scope has no such field
    governedTool(search, { name: 'search', governor, scope: () => ({ tennant: 'acme' }) })
  })
})

describe('the SDK infers from governed tools what it infers from bare ones', () => {
  it('results by tool name, and the context it requires', async () => {
    const result = await generateText({
      model,
      prompt: '',
      ...withGovernance(raw, { governor }),
      toolsContext: { search: { key: 'k' } },
    })
    for (const call of result.toolCalls) {
      if (call.dynamic !== true && call.toolName === 'double') expectTypeOf(call.input).toEqualTypeOf<{ n: number }>()
    }
    for (const item of result.toolResults) {
      if (item.dynamic !== true && item.toolName === 'double')
        expectTypeOf(item.output).toEqualTypeOf<{ doubled: number }>()
    }
    // @ts-expect-error search needs its context
    await generateText({ model, prompt: '', ...withGovernance(raw, { governor }) })
    const wrong = { search: { key: 1 } }
    // @ts-expect-error and the right one
    await generateText({ model, prompt: '', ...withGovernance(raw, { governor }), toolsContext: wrong })
  })

  it('the runtime context, through the spread', () => {
    streamText({
      model,
      prompt: '',
      ...withGovernance({ search }, { governor }),
      toolsContext: { search: { key: 'k' } },
      runtimeContext: { user: 'ann' },
      prepareStep: ({ runtimeContext }) => {
        expectTypeOf(runtimeContext).toEqualTypeOf<{ user: string }>()
        return {}
      },
    })
  })

  it('an agent', () => {
    const agent = new ToolLoopAgent({
      model,
      ...withGovernance(raw, { governor }),
      toolsContext: { search: { key: 'k' } },
    })
    expectTypeOf(agent.tools).toEqualTypeOf<typeof raw>()
  })

  it('a UI message stream, typed as the page’s message', () => {
    type Message = UIMessage<{ at: number }, GovernanceUIDataTypes, InferUITools<typeof raw>>
    const { stream } = streamText({ model, prompt: '', tools: { double: governed.double } })
    const chunks = toUIMessageStream<{ double: typeof double }, Message>({ stream })
    const piped = chunks.pipeThrough(governanceStream({ governor }))
    expectTypeOf(piped).toEqualTypeOf<typeof chunks>()
    const part = {} as Message['parts'][number]
    if (part.type === 'data-governance') expectTypeOf(part.data).toEqualTypeOf<GovernanceUIData>()
  })
})

describe('reviewMessages', () => {
  it('gives back the kind of messages it was given', () => {
    type Message = UIMessage<{ at: number }, GovernanceUIDataTypes>
    expectTypeOf(reviewMessages([] as readonly Message[], { governor })).resolves.toEqualTypeOf<Message[]>()
    expectTypeOf(reviewMessages([] as ModelMessage[], { governor })).resolves.toEqualTypeOf<ModelMessage[]>()
    // @ts-expect-error -- texts are no messages
    void reviewMessages(['hello'], { governor })
  })

  it('leaves the ways of asking typed', () => {
    withGovernance(raw, { governor, approvals: 'wait', parallelApprovals: 'first-only' })
    // @ts-expect-error -- no such way
    withGovernance(raw, { governor, approvals: 'later' })
    expectTypeOf(governedTool(double, { name: 'double', governor, approvals: 'wait' })).toEqualTypeOf<typeof double>()
  })
})

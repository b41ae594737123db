import { RunnableLambda } from '@langchain/core/runnables'
import { DynamicTool, StructuredTool, type StructuredToolInterface, tool } from '@langchain/core/tools'
import { ToolNode } from '@langchain/langgraph/prebuilt'
import { type Governor, rule } from 'countersign'
import { governanceMiddleware, governedTool, governedTools } from 'countersign/langchain'
import { createAgent, fakeModel } from 'langchain'
import { describe, expectTypeOf, it } from 'vitest'
import { z } from 'zod'

declare const governor: Governor

const pay = tool(async ({ amount }: { amount: number }) => ({ paid: amount }), {
  name: 'pay',
  description: 'x',
  schema: z.object({ amount: z.number(), currency: z.string().default('EUR') }),
})
const read = tool(async ({ path }: { path: string }) => path, {
  name: 'read',
  description: 'x',
  schema: z.object({ path: z.string() }),
})
const text = new DynamicTool({ name: 'text', description: 'x', func: async input => input })
const runnable = RunnableLambda.from(async ({ path }: { path: string }) => path).asTool({
  name: 'runnable',
  schema: z.object({ path: z.string() }),
})

class Own extends StructuredTool {
  name = 'own'
  description = 'x'
  schema = z.object({ amount: z.number() })
  readonly extra = 7
  async _call(): Promise<string> {
    return 'x'
  }
}

describe('a governed tool', () => {
  it('has exactly the type of the tool', () => {
    expectTypeOf(governedTool(pay, { governor })).toEqualTypeOf<typeof pay>()
    expectTypeOf(governedTool(text, { governor })).toEqualTypeOf<typeof text>()
    expectTypeOf(governedTool(runnable, { governor })).toEqualTypeOf<typeof runnable>()
    expectTypeOf(governedTool(new Own(), { governor })).toEqualTypeOf<Own>()
    expectTypeOf(governedTool(pay, { governor }).name).toEqualTypeOf<'pay'>()
    expectTypeOf(governedTool(new Own(), { governor }).extra).toEqualTypeOf<number>()
  })

  it('takes and gives what the tool does', () => {
    const governed = governedTool(pay, { governor })
    expectTypeOf(governed.invoke({ amount: 1 })).toEqualTypeOf(pay.invoke({ amount: 1 }))
    // @ts-expect-error not what the schema says
    void governed.invoke({ amount: 'much' })
  })

  it('types its profile by the schema', () => {
    governedTool(pay, {
      governor,
      value: input => {
        expectTypeOf(input).toEqualTypeOf<{ amount: number; currency: string }>()
        return input.amount
      },
    })
    // @ts-expect-error a misspelt field of the input
    governedTool(pay, { governor, value: input => input.amuont })
    // @ts-expect-error not a value
    governedTool(pay, { governor, value: () => 'much' })
  })
})

describe('governed tools', () => {
  it('are the same list', () => {
    expectTypeOf(governedTools([pay, read], { governor })).toEqualTypeOf<[typeof pay, typeof read]>()
    const list: StructuredToolInterface[] = [pay]
    expectTypeOf(governedTools(list, { governor })).toEqualTypeOf<StructuredToolInterface[]>()
    const tuple = [pay, read] as const
    expectTypeOf(governedTools(tuple, { governor })).toEqualTypeOf<readonly [typeof pay, typeof read]>()
  })

  it('type each profile by its tool, and know its name', () => {
    governedTools([pay, read], {
      governor,
      profiles: { pay: { value: ({ amount }) => amount }, read: { target: ({ path }) => path } },
    })
    // @ts-expect-error a tool that is not in the list
    governedTools([pay, read], { governor, profiles: { reed: {} } })
    // @ts-expect-error a field of the other tool
    governedTools([pay, read], { governor, profiles: { read: { target: ({ amount }) => amount } } })
  })

  it('fit everything that takes tools', () => {
    expectTypeOf(new ToolNode(governedTools([pay, read], { governor }))).toEqualTypeOf<ToolNode>()
    createAgent({ model: fakeModel(), tools: governedTools([pay, read], { governor }) })
  })

  it('type the input of rules', () => {
    rule('big', { tools: { pay }, when: ({ input }) => input.amount > 100, effect: 'deny' })
    // @ts-expect-error a misspelt field of the input
    rule('big', { tools: { pay }, when: ({ input }) => input.amuont > 100, effect: 'deny' })
  })
})

describe('the middleware', () => {
  it('is one for createAgent, and types the context of an invocation', () => {
    const contextSchema = z.object({ userId: z.string() })
    const middleware = governanceMiddleware({
      governor,
      contextSchema,
      scope: ({ context }) => {
        expectTypeOf(context).toEqualTypeOf<{ userId: string }>()
        return { user: context.userId }
      },
    })
    const agent = createAgent({ model: fakeModel(), tools: [pay], middleware: [middleware] })
    void agent.invoke({ messages: [] }, { context: { userId: 'ada' } })
    // @ts-expect-error the context is missing its field
    void agent.invoke({ messages: [] }, { context: {} })
  })

  it('needs no context where none was declared', () => {
    const agent = createAgent({ model: fakeModel(), tools: [pay], middleware: [governanceMiddleware({ governor })] })
    void agent.invoke({ messages: [] })
  })

  it('knows its options', () => {
    // @ts-expect-error not a choice
    governanceMiddleware({ governor, toolErrors: 'ignore' })
    // @ts-expect-error not a choice
    governanceMiddleware({ governor, approvals: 'always' })
  })
})

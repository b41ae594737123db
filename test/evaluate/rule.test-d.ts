import { tool as langchainTool } from '@langchain/core/tools'
import { jsonSchema, tool } from 'ai'
import { rule } from 'countersign'
import type { InputOf, RuleInput } from 'countersign'
import { describe, expectTypeOf, it } from 'vitest'
import { z } from 'zod'

const refundSchema = z.object({ amount: z.number(), reason: z.string().optional() })
const mailSchema = z.object({ to: z.string(), urgent: z.boolean().default(false) })

const refund = tool({ inputSchema: refundSchema, execute: async ({ amount }) => amount })
const fromJsonSchema = tool({
  inputSchema: jsonSchema<{ query: string }>({ type: 'object' }),
  execute: async ({ query }) => query,
})
const clientSide = tool({ inputSchema: refundSchema, outputSchema: z.string() })
const mail = langchainTool(async ({ to }) => to, { name: 'mail', schema: mailSchema })

describe('the input of a rule', () => {
  it('has the type of an AI SDK tool, of either kind of schema', () => {
    rule('r', {
      tools: { refund },
      effect: 'deny',
      when: ({ input }) => {
        expectTypeOf(input).toEqualTypeOf<{ amount: number; reason?: string | undefined }>()
        return input.amount > 100
      },
    })
    rule('r', { tools: { fromJsonSchema }, effect: 'deny', when: ({ input }) => input.query === 'drop' })
    rule('r', { tools: { clientSide }, effect: 'deny', when: ({ input }) => input.amount > 100 })
    // @ts-expect-error -- amuont is misspelt
    rule('r', { tools: { refund }, effect: 'deny', when: ({ input }) => input.amuont > 100 })
    // @ts-expect-error -- qeury is misspelt
    rule('r', { tools: { fromJsonSchema }, effect: 'deny', when: ({ input }) => input.qeury === 'drop' })
    // @ts-expect-error -- an amount is no text
    rule('r', { tools: { refund }, effect: 'deny', when: ({ input }) => input.amount.startsWith('1') })
  })

  it('has the type of a LangChain tool', () => {
    expectTypeOf<InputOf<typeof mail>>().toEqualTypeOf<{ to: string; urgent: boolean }>()
    rule('r', { tools: { mail }, effect: 'deny', when: ({ input }) => input.to.endsWith('.example') })
    // @ts-expect-error -- from is no field
    rule('r', { tools: { mail }, effect: 'deny', when: ({ input }) => input.from === '' })
  })

  it('has the type of a Standard Schema', () => {
    rule('r', { tools: { refund: refundSchema }, effect: 'deny', when: ({ input }) => input.amount > 100 })
    // @ts-expect-error -- amuont is misspelt
    rule('r', { tools: { refund: refundSchema }, effect: 'deny', when: ({ input }) => input.amuont > 100 })
  })

  it('is the union over several tools: only what all have can be read without asking', () => {
    expectTypeOf<RuleInput<{ refund: typeof refund; mail: typeof mail }>>().toEqualTypeOf<
      { amount: number; reason?: string | undefined } | { to: string; urgent: boolean }
    >()
    rule('r', { tools: { refund, mail }, effect: 'deny', when: ({ input }) => 'amount' in input && input.amount > 1 })
    // @ts-expect-error -- a mail has no amount
    rule('r', { tools: { refund, mail }, effect: 'deny', when: ({ input }) => input.amount > 1 })
  })

  it('is untyped where only names are known', () => {
    expectTypeOf<RuleInput<readonly ['refund']>>().toBeAny()
    rule('r', { tools: ['refund'], effect: 'deny', when: ({ input }) => input.whatever > 100 })
    rule('r', { effect: 'deny', when: ({ input }) => input.whatever > 100 })
  })

  it('is unknown for a tool of which nothing is known', () => {
    expectTypeOf<InputOf<{ readonly name: string }>>().toBeUnknown()
    // @ts-expect-error -- nothing can be read of what is unknown
    rule('r', { tools: { t: {} }, effect: 'deny', when: ({ input }) => input.amount > 1 })
  })
})

describe('the keys of a rule', () => {
  it('are checked, and so are their values', () => {
    // @ts-expect-error -- efect is misspelt
    rule('r', { efect: 'deny' })
    // @ts-expect-error -- there is no such effect
    rule('r', { effect: 'denny' })
    // @ts-expect-error -- there is no such comparison
    rule('r', { effect: 'deny', when: { 'input.amount': { greater: 5 } } })
    // @ts-expect-error -- there is no such scope
    rule('r', { effect: 'deny', limit: { count: 'calls', per: 'sesion', window: '1m', max: 1 } })
    // @ts-expect-error -- a function answers true or false
    rule('r', { effect: 'deny', when: () => 1 })
    // @ts-expect-error -- a rule cannot wait
    rule('r', { effect: 'deny', when: async () => true })
  })
})

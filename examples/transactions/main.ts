// Transactions: an agent validates and books payments. What is unusual is not left to the model: velocity, high-risk
// merchants and large amounts are rules, and hold however it is asked. A scripted model, so that it runs without a key.
import assert from 'node:assert/strict'
import { createGovernor, memoryStore } from 'countersign'
import { createGovernedOpenAI } from 'countersign/openai'
import { modelServer } from 'countersign/testing'
import OpenAI from 'openai'
import { z } from 'zod'

const HIGH_RISK = ['casino-royale', 'crypto-now']

const governor = createGovernor({
  store: memoryStore(),
  actor: 'payments-agent',
  policy: {
    name: 'transactions',
    rules: [
      { id: 'validate-freely', tools: ['validate_transaction'], effect: 'allow' },
      { id: 'book', tools: ['book_transaction'], effect: 'allow' },
      {
        id: 'high-risk',
        tools: ['book_transaction'],
        when: { target: { in: HIGH_RISK } },
        effect: 'require_approval',
        reason: '{target} is a high-risk merchant',
      },
      {
        id: 'large',
        tools: ['book_transaction'],
        when: { value: { gt: 1000 } },
        effect: 'require_approval',
        reason: 'over 1000',
      },
      {
        id: 'velocity',
        tools: ['book_transaction'],
        limit: { count: 'calls', per: 'session', window: '1m', max: 3 },
        effect: 'deny',
        reason: 'more than 3 payments a minute',
      },
      {
        id: 'daily',
        tools: ['book_transaction'],
        limit: { sum: 'value', per: 'actor', window: '24h', max: 5000 },
        effect: 'deny',
        reason: 'the day is spent',
      },
    ],
  },
})

const transaction = z.object({
  amount: z.number().positive(),
  merchant: z.string().min(1),
  category: z.string().optional(),
})
const pay = (amount: number, merchant: string) => ({ name: 'book_transaction', arguments: { amount, merchant } })
const server = await modelServer([
  { calls: [{ name: 'validate_transaction', arguments: { amount: 20, merchant: 'bakery' } }] },
  { calls: [pay(20, 'bakery'), pay(-5, 'bakery'), pay(50, 'casino-royale'), pay(2500, 'car-dealer')] },
  { calls: [pay(30, 'bookshop'), pay(40, 'florist'), pay(50, 'grocer')] },
  { text: 'Booked what I may; two wait for a person, and one has to wait for a minute.' },
])

const booked: string[] = []
const ai = createGovernedOpenAI({
  client: new OpenAI({ apiKey: 'none', baseURL: `${server.url}/v1` }),
  governor,
  model: 'scripted',
})
ai.tool('validate_transaction', ({ merchant }) => ({ valid: true, highRisk: HIGH_RISK.includes(merchant) }), {
  description: 'Validate a transaction',
  parameters: transaction,
  annotations: { readOnly: true },
})
ai.tool(
  'book_transaction',
  ({ amount, merchant }) => {
    booked.push(`${amount} ${merchant}`)
    return { booked: true }
  },
  { description: 'Book a transaction', parameters: transaction, target: ({ merchant }) => merchant },
)

const { execution, text } = await ai.run({ input: 'Book the payments of this morning.', user: 'ada' })
for (const { tool, arguments: input, status, decision, error } of execution.events) {
  console.log(
    `${tool.padEnd(21)} ${JSON.stringify(input).padEnd(46)} ${status.padEnd(18)} ${decision?.reason ?? String(error)}`,
  )
}
console.log(`\n${text}`)
await governor.close()
await server.close()

assert.deepEqual(booked, ['20 bakery', '30 bookshop', '40 florist'])
assert.deepEqual(
  execution.events.map(({ status }) => status),
  ['executed', 'executed', 'tool_error', 'approval_required', 'approval_required', 'executed', 'executed', 'blocked'],
)

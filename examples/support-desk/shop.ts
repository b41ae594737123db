// The shop's own functions and their schemas: what exists before governance comes in. Both frameworks wrap the same ones.
import { z } from 'zod'

export const shop = {
  lookup_order: {
    description: 'Look up an order',
    schema: z.object({ orderId: z.string() }),
    run: ({ orderId }: { orderId: string }) => ({ orderId, item: 'Desk lamp', paid: orderId === '1001' ? 40 : 2500 }),
  },
  refund: {
    description: 'Refund money for an order',
    schema: z.object({ orderId: z.string(), amount: z.number() }),
    run: ({ orderId, amount }: { orderId: string; amount: number }) => ({ refunded: amount, orderId }),
  },
  run_sql: {
    description: 'Run a statement against the orders database',
    schema: z.object({ query: z.string() }),
    run: ({ query }: { query: string }) => ({ rows: 0, query }),
  },
}

/** What governance is told of the tools: the same catalog for every framework. */
export const catalog = {
  lookup_order: { annotations: { readOnly: true } },
  refund: { action: 'refund_payment', domain: 'payments', target: ({ orderId }: { orderId: string }) => orderId },
  run_sql: { domain: 'database', annotations: { destructive: true } },
}

export const question =
  'Order 1001 came damaged: look it up and refund its 40. Then delete the test orders in the database, and refund 2500 for order 1002.'

import { rule } from 'countersign'

/** One thing that the agent of the demonstration wants to do. */
export interface Step {
  readonly wants: string
  readonly tool: keyof typeof SHOP
  readonly input: { readonly order?: string; readonly amount?: number; readonly query?: string }
}

/** What a model would propose for "Order 1001 came damaged …". */
export const SCRIPT: readonly Step[] = [
  { wants: 'Look at order 1001', tool: 'lookup_order', input: { order: '1001' } },
  { wants: 'Refund its 40', tool: 'refund', input: { order: '1001', amount: 40 } },
  { wants: 'Clean up the test orders', tool: 'run_sql', input: { query: 'delete from orders where test' } },
  { wants: 'Refund 2500 for order 1002', tool: 'refund', input: { order: '1002', amount: 2500 } },
]

/** The tools: what would happen in the world. */
export const SHOP = {
  lookup_order: ({ order }: Step['input']) => ({ order, item: 'Desk lamp', paid: 40 }),
  refund: ({ order, amount }: Step['input']) => ({ order, refunded: amount }),
  run_sql: () => ({ rows: 12 }),
}

/** What is known of them. */
export const CATALOG = {
  lookup_order: { annotations: { readOnly: true } },
  refund: {
    domain: 'payments',
    value: (input: unknown) => (input as Step['input']).amount,
    target: (input: unknown) => (input as Step['input']).order,
  },
  run_sql: { domain: 'database', annotations: { destructive: true } },
}

const amountOf = ({ input }: { readonly input: unknown }): number => (input as Step['input']).amount ?? 0

/** Reading is allowed, small refunds too; a person is asked about others, and nothing is deleted. */
export const POLICY = {
  name: 'demo',
  rules: [
    rule('read-freely', { annotations: { readOnly: true }, effect: 'allow', reason: 'reading changes nothing' }),
    rule('small-refund', {
      tools: ['refund'],
      when: request => amountOf(request) <= 100,
      effect: 'allow',
      reason: 'a small refund',
    }),
    rule('big-refund', {
      tools: ['refund'],
      when: request => amountOf(request) > 100,
      effect: 'require_approval',
      reason: 'a refund over 100',
    }),
    rule('no-deleting', { tools: ['run_sql'], effect: 'deny', hard: true, reason: 'the agent does not destroy data' }),
  ],
}

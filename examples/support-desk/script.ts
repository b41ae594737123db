import type { Turn } from './stand-in.ts'

/** What the stand-in's model does with the question. */
export const script: readonly Turn[] = [
  { calls: [{ name: 'lookup_order', arguments: { orderId: '1001' } }] },
  { calls: [{ name: 'refund', arguments: { orderId: '1001', amount: 40 } }] },
  { calls: [{ name: 'run_sql', arguments: { query: "DELETE FROM orders WHERE note = 'test'" } }] },
  { calls: [{ name: 'refund', arguments: { orderId: '1002', amount: 2500 } }] },
  { text: 'The 40 for order 1001 are refunded. I may not delete data, and the 2500 for order 1002 wait for a person.' },
]

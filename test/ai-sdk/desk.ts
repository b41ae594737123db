import { tool } from 'ai'
import { type Governor, type GovernorOptions, createGovernor, memoryStore, rule } from 'countersign'
import { z } from 'zod'

/** A support desk: small payments go through, large ones are held, a wipe is forbidden, reading is free. */
const DESK_POLICY = [
  rule('read', { tools: ['read'], effect: 'allow' }),
  rule('small', { tools: ['pay'], when: { 'input.amount': { lte: 100 } }, effect: 'allow', reason: 'small payment' }),
  rule('big', {
    tools: ['pay'],
    when: { 'input.amount': { gt: 100 } },
    effect: 'require_approval',
    reason: 'over 100',
  }),
  rule('never', { tools: ['wipe'], effect: 'deny', reason: 'nothing is ever wiped' }),
]

export function deskGovernor(options: GovernorOptions = {}): Governor {
  return createGovernor({ policy: DESK_POLICY, store: memoryStore(), ...options })
}

/** The tools, and what they did. */
export function deskTools() {
  const ran: string[] = []
  const amount = z.object({ amount: z.number() })
  return {
    ran,
    tools: {
      pay: tool({
        description: 'Pays',
        inputSchema: amount,
        execute: async input => {
          ran.push(`pay ${input.amount}`)
          return { paid: input.amount }
        },
      }),
      wipe: tool({
        description: 'Wipes',
        inputSchema: z.object({ all: z.boolean() }),
        execute: async () => {
          ran.push('wipe')
          return 'wiped'
        },
      }),
      read: tool({
        description: 'Reads',
        inputSchema: z.object({ id: z.string() }),
        execute: async ({ id }) => {
          ran.push(`read ${id}`)
          return `record ${id}`
        },
      }),
    },
  }
}

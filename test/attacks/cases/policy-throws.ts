import { asking, pay } from '../ai-sdk/page.ts'
import type { Attack } from '../attack.ts'
import { pay as payment } from '../langchain/thread.ts'

/** The code that decides whether to ask has a bug. */
export const policyThrows: Attack = {
  id: 'policy-throws',
  title: "the policy's own code throws",
  aiSdk: {
    setup: { policy: { isBroken: true } },
    attempt: chat => chat.post(asking, { model: [[pay(5000)]] }),
    bare: { ran: [], failed: ['the policy is broken'] },
    ours: { ran: [] },
  },
  langchain: {
    setup: { policy: { isBroken: true } },
    attempt: thread => thread.say({ model: [payment(5000)] }),
    bare: { ran: [], failed: ['the policy is broken'] },
    ours: { ran: [] },
  },
}

import type { Attack } from '../attack.ts'
import { pay } from '../langchain/thread.ts'

/** The caller's context carries a policy of its own: ask about nothing. */
export const policyFromCaller: Attack = {
  id: 'policy-from-caller',
  title: "the caller's context switches the policy off",
  aiSdk: { because: 'callers bring no context' },
  langchain: {
    attempt: thread => thread.say({ model: [pay(5000)], context: { interruptOn: {} } }),
    bare: { ran: ['paid 5000'] },
    ours: { ran: [] },
  },
}

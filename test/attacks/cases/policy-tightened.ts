import { answered, asking, pay } from '../ai-sdk/page.ts'
import type { Attack } from '../attack.ts'
import { approve, pay as payment, resume } from '../langchain/thread.ts'

/** Between the question and the answer, the policy is changed to forbid the call. */
export const policyTightened: Attack = {
  id: 'policy-tightened',
  title: 'the policy is tightened in between',
  aiSdk: {
    attempt: async chat => {
      const asked = await chat.post(asking, { model: [[pay(5000)]] })
      chat.deploy({ refuseAbove: 1000 })
      await chat.post(answered(asked, true))
    },
    bare: { ran: [] },
    ours: { ran: [] },
  },
  langchain: {
    attempt: async thread => {
      await thread.say({ model: [payment(5000)] })
      thread.deploy({ refuseAbove: 1000 })
      await thread.send(resume(approve))
    },
    bare: { ran: [], failed: ["'approve' is not allowed"] },
    ours: { ran: [] },
  },
}

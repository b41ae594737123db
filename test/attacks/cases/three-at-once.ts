import { answered, asking, pay } from '../ai-sdk/page.ts'
import type { Attack } from '../attack.ts'
import { approve, pay as payment, resume } from '../langchain/thread.ts'

/** A double click, or three tabs. */
export const threeAtOnce: Attack = {
  id: 'three-at-once',
  title: 'three resumes at once',
  aiSdk: {
    attempt: async chat => {
      const asked = await chat.post(asking, { model: [[pay(5000)]] })
      await Promise.all([1, 2, 3].map(() => chat.post(answered(asked, true))))
    },
    bare: { ran: ['paid 5000', 'paid 5000', 'paid 5000'] },
    ours: { ran: ['paid 5000'] },
  },
  langchain: {
    attempt: async thread => {
      await thread.say({ model: [payment(5000)] })
      await Promise.all([1, 2, 3].map(() => thread.send(resume(approve))))
    },
    bare: { ran: ['paid 5000', 'paid 5000', 'paid 5000'] },
    ours: { ran: ['paid 5000'] },
  },
}

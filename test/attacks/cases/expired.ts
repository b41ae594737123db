import { answered, asking, pay } from '../ai-sdk/page.ts'
import type { Attack } from '../attack.ts'
import { approve, pay as payment, resume } from '../langchain/thread.ts'

const A_WEEK = 7 * 86_400_000

/** The answer comes when nobody means it any more. */
export const expired: Attack = {
  id: 'expired',
  title: 'approved a week later',
  aiSdk: {
    attempt: async chat => {
      const asked = await chat.post(asking, { model: [[pay(5000)]] })
      chat.wait(A_WEEK)
      await chat.post(answered(asked, true))
    },
    bare: { ran: ['paid 5000'] },
    ours: { ran: [] },
  },
  langchain: {
    attempt: async thread => {
      await thread.say({ model: [payment(5000)] })
      thread.wait(A_WEEK)
      await thread.send(resume(approve))
    },
    bare: { ran: ['paid 5000'] },
    ours: { ran: [] },
  },
}

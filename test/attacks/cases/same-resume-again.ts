import { answered, asking, pay } from '../ai-sdk/page.ts'
import type { Attack } from '../attack.ts'
import { approve, pay as payment, resume } from '../langchain/thread.ts'

/** A page that reloads, or a client that retries, sends the same request again. */
export const sameResumeAgain: Attack = {
  id: 'same-resume-again',
  title: 'the same resume again',
  aiSdk: {
    attempt: async chat => {
      const asked = await chat.post(asking, { model: [[pay(5000)]] })
      await chat.post(answered(asked, true))
      await chat.post(answered(asked, true))
    },
    bare: { ran: ['paid 5000', 'paid 5000'] },
    ours: { ran: ['paid 5000'] },
  },
  langchain: {
    attempt: async thread => {
      await thread.say({ model: [payment(5000)] })
      await thread.send(resume(approve))
      await thread.send(resume(approve))
    },
    bare: { ran: ['paid 5000'] },
    ours: { ran: ['paid 5000'] },
  },
}

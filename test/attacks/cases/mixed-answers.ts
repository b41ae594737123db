import { answered, asking, pay } from '../ai-sdk/page.ts'
import type { Attack } from '../attack.ts'
import { approve, pay as payment, resume } from '../langchain/thread.ts'

/** One turn of the model with a call that is approved, one that is rejected, and one that needs no approval. */
export const mixedAnswers: Attack = {
  id: 'mixed-answers',
  title: 'approve, reject and automatic in one turn',
  aiSdk: {
    attempt: async chat => {
      const calls = [pay(5000, 'call-1'), pay(6000, 'call-2'), { id: 'call-3', name: 'mail', input: {} }]
      const asked = await chat.post(asking, { model: [calls] })
      await chat.post(answered(asked, true, false))
    },
    bare: { ran: ['mailed', 'paid 5000'] },
    ours: { ran: ['mailed', 'paid 5000'] },
  },
  langchain: {
    attempt: async thread => {
      const mail = { id: 'call-3', name: 'mail', args: {} }
      await thread.say({ model: [payment(5000, 'call-1'), payment(6000, 'call-2'), mail] })
      await thread.send(resume(approve, { type: 'reject' }))
    },
    bare: { ran: [] },
    ours: { ran: ['mailed', 'paid 5000'] },
  },
}

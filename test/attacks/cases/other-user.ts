import { answered, asking, pay } from '../ai-sdk/page.ts'
import type { Attack } from '../attack.ts'
import { approve, pay as payment, resume } from '../langchain/thread.ts'

/** Alice is asked, and Bob, who got hold of her conversation, answers. */
export const otherUser: Attack = {
  id: 'other-user',
  title: 'another user answers',
  aiSdk: {
    attempt: async chat => {
      const asked = await chat.post(asking, { user: 'alice', model: [[pay(5000)]] })
      await chat.post(answered(asked, true), { user: 'bob' })
    },
    bare: { ran: ['paid 5000'] },
    ours: { ran: [] },
  },
  langchain: {
    attempt: async thread => {
      await thread.say({ user: 'alice', model: [payment(5000)] })
      await thread.send(resume(approve), { user: 'bob' })
    },
    bare: { ran: ['paid 5000'] },
    ours: { ran: [] },
  },
}

import { answered, asking, pay } from '../ai-sdk/page.ts'
import type { Attack } from '../attack.ts'
import { pay as payment, resume } from '../langchain/thread.ts'

const args = { amount: 4000 }

/** No attack: a reviewer lowers the amount, and what the reviewer wrote is what runs. */
export const editWithinLimits: Attack = {
  id: 'edit-within-limits',
  title: 'an edit within the limits (no attack)',
  aiSdk: {
    setup: { policy: { budget: 20_000 }, approver: 'inbox' },
    attempt: async chat => {
      const asked = await chat.post(asking, { model: [[pay(5000)]] })
      await chat.approveElsewhere(args)
      await chat.post(answered(asked, true))
    },
    bare: { because: 'it has no edits' },
    ours: { ran: ['paid 4000'] },
  },
  langchain: {
    setup: { policy: { budget: 20_000 } },
    attempt: async thread => {
      await thread.say({ model: [payment(5000)] })
      await thread.send(resume({ type: 'edit', editedAction: { name: 'pay', args } }))
    },
    bare: { ran: ['paid 4000'] },
    ours: { ran: ['paid 4000'] },
  },
}

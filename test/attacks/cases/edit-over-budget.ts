import { answered, asking, pay } from '../ai-sdk/page.ts'
import type { Attack } from '../attack.ts'
import { pay as payment, resume } from '../langchain/thread.ts'

const args = { amount: 30_000 }

/** A reviewer's edit asks for more than the session may spend. The frameworks know no budgets. */
export const editOverBudget: Attack = {
  id: 'edit-over-budget',
  title: 'an edit over the budget',
  aiSdk: {
    setup: { policy: { budget: 20_000 }, approver: 'inbox' },
    attempt: async chat => {
      const asked = await chat.post(asking, { model: [[pay(5000)]] })
      await chat.approveElsewhere(args)
      await chat.post(answered(asked, true))
    },
    bare: { because: 'it has no edits' },
    ours: { ran: [] },
  },
  langchain: {
    setup: { policy: { budget: 20_000 } },
    attempt: async thread => {
      await thread.say({ model: [payment(5000)] })
      await thread.send(resume({ type: 'edit', editedAction: { name: 'pay', args } }))
    },
    bare: { ran: ['paid 30000'] },
    ours: { ran: [] },
  },
}

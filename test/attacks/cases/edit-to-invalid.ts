import { answered, asking, pay } from '../ai-sdk/page.ts'
import type { Attack } from '../attack.ts'
import { pay as payment, resume } from '../langchain/thread.ts'

const args = { amount: 'a lot' }

/** A reviewer's edit is no input that the tool takes. */
export const editToInvalid: Attack = {
  id: 'edit-to-invalid',
  title: 'an edit to invalid arguments',
  aiSdk: {
    setup: { approver: 'inbox' },
    attempt: async chat => {
      const asked = await chat.post(asking, { model: [[pay(5000)]] })
      await chat.approveElsewhere(args)
      await chat.post(answered(asked, true))
    },
    bare: { because: 'it has no edits' },
    ours: { ran: [] },
  },
  langchain: {
    attempt: async thread => {
      await thread.say({ model: [payment(5000)] })
      await thread.send(resume({ type: 'edit', editedAction: { name: 'pay', args } }))
    },
    bare: { ran: [] },
    ours: { ran: [] },
  },
}

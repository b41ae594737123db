import { answered, asking, pay } from '../ai-sdk/page.ts'
import type { Attack } from '../attack.ts'
import { approve, pay as payment, resume } from '../langchain/thread.ts'

/** A colleague approves elsewhere, and the webhook that says so is delivered twice. */
export const duplicateWebhook: Attack = {
  id: 'duplicate-webhook',
  title: 'the approval webhook is delivered twice',
  aiSdk: {
    setup: { approver: 'inbox' },
    attempt: async chat => {
      const stored = await chat.post(asking, { model: [[pay(5000)]] })
      const webhook = async (): Promise<void> => {
        await chat.approveElsewhere()
        await chat.post(answered(stored, true))
      }
      await Promise.all([webhook(), webhook()])
    },
    bare: { ran: ['paid 5000', 'paid 5000'] },
    ours: { ran: ['paid 5000'] },
  },
  langchain: {
    setup: { approver: 'inbox' },
    attempt: async thread => {
      await thread.say({ model: [payment(5000)] })
      const webhook = async (): Promise<void> => {
        await thread.approveElsewhere()
        await thread.send(resume(approve))
      }
      await Promise.all([webhook(), webhook()])
    },
    bare: { ran: ['paid 5000', 'paid 5000'] },
    ours: { ran: ['paid 5000'] },
  },
}

import { answered, asking, pay } from '../ai-sdk/page.ts'
import type { Attack } from '../attack.ts'
import { approve, pay as payment } from '../langchain/thread.ts'

/** Two servers behind a balancer get the same answer at the same moment. Ours share one SQLite file. */
export const twoProcesses: Attack = {
  id: 'two-processes',
  title: 'two processes resume at once',
  takesProcesses: true,
  aiSdk: {
    attempt: async chat => {
      const asked = await chat.post(asking, { model: [[pay(5000)]] })
      await chat.postInProcesses(answered(asked, true), { count: 2 })
    },
    bare: { ran: ['paid 5000', 'paid 5000'] },
    ours: { ran: ['paid 5000'] },
  },
  langchain: {
    attempt: async thread => {
      await thread.say({ model: [payment(5000)] })
      await thread.resumeInProcesses([approve], { count: 2 })
    },
    bare: { ran: ['paid 5000', 'paid 5000'] },
    ours: { ran: ['paid 5000'] },
  },
}

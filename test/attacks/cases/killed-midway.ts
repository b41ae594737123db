import { answered, asking, pay } from '../ai-sdk/page.ts'
import type { Attack } from '../attack.ts'
import { approve, pay as payment, resume } from '../langchain/thread.ts'

const AN_HOUR = 3_600_000

/** The process is killed when the money has gone and nobody has heard of it, and the request is made again later. */
export const killedMidway: Attack = {
  id: 'killed-midway',
  title: 'killed right after the effect, then a retry',
  takesProcesses: true,
  aiSdk: {
    attempt: async chat => {
      const asked = await chat.post(asking, { model: [[pay(5000)]] })
      await chat.postInProcesses(answered(asked, true), { count: 1, die: true })
      chat.wait(AN_HOUR)
      await chat.post(answered(asked, true))
    },
    bare: { ran: ['paid 5000', 'paid 5000'] },
    ours: { ran: ['paid 5000'] },
  },
  langchain: {
    attempt: async thread => {
      await thread.say({ model: [payment(5000)] })
      await thread.resumeInProcesses([approve], { count: 1, die: true })
      thread.wait(AN_HOUR)
      await thread.send(resume(approve))
    },
    bare: { ran: ['paid 5000', 'paid 5000'] },
    ours: { ran: ['paid 5000'] },
  },
}

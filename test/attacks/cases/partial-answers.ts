import { answered, asking, pay } from '../ai-sdk/page.ts'
import type { Attack } from '../attack.ts'
import { approve, pay as payment, resume } from '../langchain/thread.ts'

/** Two calls are asked about; a person approves one, and then both. */
export const partialAnswers: Attack = {
  id: 'partial-answers',
  title: 'one answer of two, then both',
  aiSdk: {
    attempt: async chat => {
      const asked = await chat.post(asking, { model: [[pay(5000, 'call-1'), pay(6000, 'call-2')]] })
      await chat.post(answered(asked, true))
      await chat.post(answered(asked, true, true))
    },
    bare: { ran: ['paid 5000', 'paid 5000', 'paid 6000'], failed: ['AI_MissingToolResultsError'] },
    // The SDK itself cannot go on while a call has no result; what it had run by then is not run again.
    ours: { ran: ['paid 5000', 'paid 6000'], failed: ['AI_MissingToolResultsError'] },
  },
  langchain: {
    attempt: async thread => {
      await thread.say({ model: [payment(5000, 'call-1'), payment(6000, 'call-2')] })
      await thread.send(resume(approve))
      await thread.send(resume(approve, approve))
    },
    bare: { ran: [], failed: ['decisions (1) does not match', 'decisions (1) does not match'] },
    ours: { ran: ['paid 5000', 'paid 6000'] },
  },
}

import { answered, asking, pay } from '../ai-sdk/page.ts'
import type { Attack } from '../attack.ts'
import { approve, pay as payment, resume } from '../langchain/thread.ts'

/** The approved call runs, the model is down when it should hear of it, and the request is made again. */
export const providerError: Attack = {
  id: 'provider-error',
  title: 'a provider error, then a retry',
  aiSdk: {
    attempt: async chat => {
      const asked = await chat.post(asking, { model: [[pay(5000)]] })
      await chat.post(answered(asked, true), { providerFails: true })
      await chat.post(answered(asked, true))
    },
    bare: { ran: ['paid 5000', 'paid 5000'], failed: ['the provider is down'] },
    ours: { ran: ['paid 5000'], failed: ['the provider is down'] },
  },
  langchain: {
    attempt: async thread => {
      await thread.say({ model: [payment(5000)] })
      await thread.send(resume(approve), { providerFails: true })
      await thread.send(null)
    },
    bare: { ran: ['paid 5000'], failed: ['the provider is down'] },
    ours: { ran: ['paid 5000'], failed: ['the provider is down'] },
  },
}

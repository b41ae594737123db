import type { Attack } from '../attack.ts'
import { approve, pay, resume } from '../langchain/thread.ts'

/** Two clients resume from the same checkpoint, one after the other. */
export const sameCheckpoint: Attack = {
  id: 'same-checkpoint',
  title: 'the same checkpoint resumed twice',
  aiSdk: { because: 'it has no checkpoints' },
  langchain: {
    attempt: async thread => {
      await thread.say({ model: [pay(5000)] })
      const from = await thread.checkpoint()
      await thread.send(resume(approve), { from })
      await thread.send(resume(approve), { from })
    },
    bare: { ran: ['paid 5000', 'paid 5000'] },
    ours: { ran: ['paid 5000'] },
  },
}

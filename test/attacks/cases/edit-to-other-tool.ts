import type { Attack } from '../attack.ts'
import { pay, resume } from '../langchain/thread.ts'

/** A reviewer's edit turns a payment into a wipe, which the policy never allows. */
export const editToOtherTool: Attack = {
  id: 'edit-to-other-tool',
  title: 'an edit to another, forbidden tool',
  aiSdk: { because: 'edits keep the tool' },
  langchain: {
    attempt: async thread => {
      await thread.say({ model: [pay(5000)] })
      await thread.send(resume({ type: 'edit', editedAction: { name: 'wipe', args: {} } }))
    },
    bare: { ran: ['wiped'] },
    ours: { ran: [] },
  },
}

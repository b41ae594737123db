import { AIMessage } from '@langchain/core/messages'
import { fakeModel } from '@langchain/core/testing'
import { tool, ToolLoopAgent } from 'ai'
import { createAgent, tool as langchainTool } from 'langchain'
import { z } from 'zod'
import { scripted } from '../../ai-sdk/scripted.ts'
import { answered, asking, pay } from '../ai-sdk/page.ts'
import type { Attack } from '../attack.ts'
import { approve, pay as payment, proposing, resume } from '../langchain/thread.ts'

/** No attack: a subagent's call is held, and whoever is asked approves it. In the AI SDK there is nobody to ask it of but the code around it. */
export const subagentApproved: Attack = {
  id: 'subagent-approved',
  title: "a subagent's held call is approved (no attack)",
  aiSdk: {
    setup: { approver: 'inbox', isApprovedElsewhere: true },
    attempt: async chat => {
      const asked = await chat.post(asking, {
        waits: true,
        model: [[{ id: 'outer-1', name: 'ask', input: {} }]],
        tools: guarded => ({
          ask: tool({
            inputSchema: z.object({}),
            execute: async () => {
              const subagent = new ToolLoopAgent({ model: scripted([pay(5000)]).model, ...guarded })
              const { text } = await subagent.generate({ prompt: 'pay' })
              return text
            },
          }),
        }),
      })
      await chat.post(answered(asked, true))
    },
    bare: { ran: [] },
    ours: { ran: ['paid 5000'] },
  },
  langchain: {
    setup: { approver: 'inbox', isApprovedElsewhere: true },
    attempt: async thread => {
      const request = {
        model: [{ id: 'outer-1', name: 'ask', args: {} }],
        tools: ({ tools, middleware }) => [
          langchainTool(
            async () => {
              const model = fakeModel()
                .respond(proposing(payment(5000)))
                .respond(new AIMessage('done'))
              const subagent = createAgent({ model, tools: [...tools], middleware: [...middleware] })
              const { messages } = await subagent.invoke({ messages: 'pay' })
              return messages.at(-1)?.text
            },
            { name: 'ask', description: 'asks a subagent', schema: z.object({}) },
          ),
        ],
      } satisfies Parameters<typeof thread.say>[0]
      await thread.say(request)
      await thread.send(resume(approve), { tools: request.tools })
    },
    bare: { ran: ['paid 5000'] },
    ours: { ran: ['paid 5000'] },
  },
}

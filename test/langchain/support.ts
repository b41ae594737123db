import { AIMessage, type BaseMessage, HumanMessage, ToolMessage } from '@langchain/core/messages'
import type { ToolCall } from '@langchain/core/messages/tool'
import { fakeModel } from '@langchain/core/testing'
import { tool } from '@langchain/core/tools'
import { Command } from '@langchain/langgraph'
import { createGovernor, type DecisionRecord, type Governor, type GovernorOptions, memoryStore } from 'countersign'
import type { ApprovalRequest } from 'countersign/langchain'
import { z } from 'zod'

/** Small amounts are allowed, larger ones held, `wipe` is forbidden, `read` is free. */
const POLICY = [
  { id: 'small', tools: ['pay'], when: { 'input.amount': { lte: 100 } }, effect: 'allow', reason: 'small amount' },
  { id: 'big', tools: ['pay'], when: { 'input.amount': { gt: 100 } }, effect: 'require_approval', reason: 'over 100' },
  { id: 'no-wipe', tools: ['wipe'], effect: 'deny', reason: 'never wipe' },
  { id: 'free', tools: ['read', 'calculator', 'ask_subagent'], effect: 'allow' },
] as const

export const governorWith = (options: GovernorOptions = {}): Governor =>
  createGovernor({ store: memoryStore(), policy: POLICY, ...options })

/** Three tools that note what they ran. */
export const makeTools = () => {
  const ran: string[] = []
  const pay = tool(
    async ({ amount }: { amount: number }) => {
      ran.push(`pay ${amount}`)
      return `paid ${amount}`
    },
    { name: 'pay', description: 'Pays an amount', schema: z.object({ amount: z.number() }) },
  )
  const wipe = tool(
    async () => {
      ran.push('wipe')
      return 'wiped'
    },
    { name: 'wipe', description: 'Wipes everything', schema: z.object({}) },
  )
  const read = tool(
    async ({ path }: { path: string }) => {
      ran.push(`read ${path}`)
      return `content of ${path}`
    },
    { name: 'read', description: 'Reads a file', schema: z.object({ path: z.string() }) },
  )
  return { ran, pay, wipe, read, tools: [pay, wipe, read] }
}

export const toolCall = (name: string, args: Record<string, unknown>, id = 'call_1') => ({
  type: 'tool_call' as const,
  name,
  args,
  id,
})

/** An answer of the model that proposes calls. */
export const proposing = (id: string, calls: readonly ToolCall[]): AIMessage =>
  new AIMessage({ id, content: '', tool_calls: calls.map(call => ({ type: 'tool_call', ...call })) })

/** A model that proposes calls once, and then says that it is done. */
export const modelProposing = (...calls: readonly ToolCall[]) =>
  fakeModel()
    .respond(proposing('ai-1', calls))
    .respond(new AIMessage({ id: 'ai-2', content: 'done' }))

export const asking = { messages: [new HumanMessage('go on')] }

export const thread = (id = 'thread-1') => ({ configurable: { thread_id: id } })

/** The pending questions of a run. */
export const questions = (result: object): readonly ApprovalRequest[] =>
  ((result as { __interrupt__?: { value: ApprovalRequest }[] }).__interrupt__ ?? []).map(({ value }) => value)

/** What a page sends when its user has answered, in the order in which was asked. */
export const answering = (...decisions: readonly object[]) =>
  new Command<unknown, Record<string, never>, never>({ resume: { decisions } })

/** Tool messages by the id of their call. */
export const toolMessages = (messages: readonly BaseMessage[]): Readonly<Record<string, ToolMessage>> =>
  Object.fromEntries(messages.filter(message => ToolMessage.isInstance(message)).map(item => [item.tool_call_id, item]))

/** Every call of the last proposal has exactly one answer. */
export const danglingCalls = (messages: readonly BaseMessage[]): readonly string[] => {
  const answered = messages.filter(message => ToolMessage.isInstance(message)).map(item => item.tool_call_id)
  const proposed = messages.flatMap(message => (AIMessage.isInstance(message) ? (message.tool_calls ?? []) : []))
  return proposed.map(call => call.id ?? '?').filter(id => answered.filter(item => item === id).length !== 1)
}

/** Status of each decision by tool call id, sorted: calls of one step are decided side by side. */
export const statuses = async (governor: Governor): Promise<readonly string[]> =>
  (await decisionsOf(governor))
    .map(({ callId, result, execution }) => {
      return `${callId.split('@')[0]}: ${result}, ${execution?.status ?? 'not ended'}`
    })
    .toSorted()

/** Oldest first. */
export const decisionsOf = async (governor: Governor): Promise<readonly DecisionRecord[]> =>
  (await governor.decisions.list()).toReversed()

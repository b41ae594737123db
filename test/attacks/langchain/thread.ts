import { AIMessage, HumanMessage } from '@langchain/core/messages'
import type { ToolCall } from '@langchain/core/messages/tool'
import { fakeModel } from '@langchain/core/testing'
import type { StructuredToolInterface } from '@langchain/core/tools'
import { Command, MemorySaver } from '@langchain/langgraph'
import { type AgentMiddleware, createAgent, tool } from 'langchain'
import { z } from 'zod'
import { inProcesses, type Processes } from '../processes.ts'
import type { World } from '../world.ts'
import { restore, save } from './checkpoints.ts'

/** An answer of LangChain's human-in-the-loop format. */
export type Answer =
  | { readonly type: 'approve' | 'reject' }
  | { readonly type: 'edit'; readonly editedAction: Pick<ToolCall, 'name' | 'args'> }

/** What an application hands to createAgent. */
interface Guarded {
  readonly tools: readonly StructuredToolInterface[]
  readonly middleware: readonly AgentMiddleware[]
}

/** The one thing that differs between the sides: how an application guards its tools. */
export interface Wiring {
  readonly guard: (tools: readonly StructuredToolInterface[], user: string) => Guarded
  /** A colleague approves what waits, where there is a place to do so. */
  readonly approveElsewhere: () => Promise<void>
  readonly close: () => Promise<void>
}

/** One request. */
interface Request {
  /** Who is logged in. @defaultValue `alice` */
  readonly user?: string
  /** Calls the model proposes; nothing more than an answer in words when absent. */
  readonly model?: readonly ToolCall[]
  readonly providerFails?: true
  /** Further tools, made of the guarded ones. */
  readonly tools?: (guarded: Guarded) => readonly StructuredToolInterface[]
  /** Further middleware; it comes after what guards the tools. */
  readonly middleware?: readonly AgentMiddleware[]
  /** The caller's context. */
  readonly context?: object
  /** The checkpoint to go on from. @defaultValue the last one */
  readonly from?: object
}

/** A server with one thread. */
export interface Thread extends Pick<Wiring, 'approveElsewhere' | 'close'> {
  /** A user's message. */
  readonly say: (request: Request) => Promise<void>
  /** Whatever the holder of the thread's id may send; `null` goes on where a run failed. */
  readonly send: (command: Command | null, request?: Request) => Promise<void>
  /** Processes that all get the same answers at the same moment. */
  readonly resumeInProcesses: (answers: readonly Answer[], processes: Processes) => Promise<void>
  /** Where the thread is now. */
  readonly checkpoint: () => Promise<object>
  readonly deploy: World['deploy']
  readonly wait: (ms: number) => void
}

/** The command of a page whose user has answered what was asked, in the order it was asked. */
export const resume = (...decisions: readonly Answer[]): Command => new Command({ resume: { decisions } })

export const approve: Answer = { type: 'approve' }

/** A call that the model proposes. */
export const pay = (amount: number, id = 'call-1'): ToolCall => ({ id, name: 'pay', args: { amount } })

/** The model's message with its calls. */
export const proposing = (...calls: readonly ToolCall[]): AIMessage =>
  new AIMessage({ id: 'proposal', content: '', tool_calls: [...calls] })

export async function openThread(world: World): Promise<Thread> {
  const wiring = await wiringOf(world)
  const saver = restore(world.folder) ?? new MemorySaver()
  const thread = { configurable: { thread_id: 'thread-1' } }
  const send = async (input: Command | object | null, request: Request): Promise<void> => {
    const { context, from = thread } = request
    const config = { ...from, ...(context === undefined ? {} : { context }) }
    try {
      await agentOf(world, wiring, saver, request).invoke(input as never, config)
    } catch (error) {
      world.failed(error)
    }
  }
  return {
    say: request => send({ messages: [new HumanMessage('please')] }, request),
    send: (command, request = {}) => send(command, request),
    resumeInProcesses: (answers, processes) => {
      save(saver, world.folder)
      return inProcesses(world, { framework: 'langchain', answers }, processes)
    },
    checkpoint: async () => (await agentOf(world, wiring, saver, {}).graph.getState(thread)).config,
    deploy: world.deploy,
    wait: world.clock.advance,
    approveElsewhere: wiring.approveElsewhere,
    close: wiring.close,
  }
}

/** What an application writes. */
function agentOf(world: World, wiring: Wiring, checkpointer: MemorySaver, request: Request) {
  const { user = 'alice', tools: further, middleware = [] } = request
  const guarded = wiring.guard(deskTools(world), user)
  const all = further === undefined ? guarded : wiring.guard([...guarded.tools, ...further(guarded)], user)
  return createAgent({
    model: modelOf(request),
    tools: [...all.tools],
    middleware: [...all.middleware, ...middleware],
    checkpointer,
  })
}

function deskTools({ happened }: World): readonly StructuredToolInterface[] {
  const plain = (name: string, effect: string) =>
    tool(async () => happened(effect), { name, description: name, schema: z.object({}) })
  const payTool = tool(
    async ({ amount }) => {
      happened(`paid ${amount}`)
      return `paid ${amount}`
    },
    { name: 'pay', description: 'pay', schema: z.object({ amount: z.number() }) },
  )
  return [payTool, plain('wipe', 'wiped'), plain('mail', 'mailed'), plain('close_account', 'closed')]
}

function modelOf({ model, providerFails }: Request) {
  if (providerFails) return fakeModel().alwaysThrow(new Error('the provider is down'))
  const script = model === undefined ? fakeModel() : fakeModel().respond(proposing(...model))
  return script.respond(new AIMessage('done')).respond(new AIMessage('done'))
}

async function wiringOf(world: World): Promise<Wiring> {
  if (world.side === 'bare') return (await import('./bare.ts')).bareWiring(world)
  return (await import('./ours.ts')).governedWiring(world)
}

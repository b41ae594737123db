import { generateText, isStepCount, type LanguageModel, type ModelMessage, tool, type ToolSet } from 'ai'
import { MockLanguageModelV4 } from 'ai/test'
import { z } from 'zod'
import { scripted, type Turn } from '../../ai-sdk/scripted.ts'
import { inProcesses, type Processes } from '../processes.ts'
import type { World } from '../world.ts'

/** A conversation, as a page sends it with every request. */
export type History = readonly ModelMessage[]

/** What an application spreads into generateText. */
export type Guarded = Pick<Settings, 'toolApproval' | 'experimental_toolApprovalSecret'> & { readonly tools: ToolSet }

type Settings = Parameters<typeof generateText>[0]

/** The one thing that differs between the sides: how an application guards its tools. */
export interface Wiring {
  /** What the head of the route makes of the conversation it was sent. */
  readonly review: (history: History, user: string) => Promise<History>
  readonly guard: (tools: ToolSet, user: string, waits: boolean) => Guarded
  /** A colleague approves what waits, perhaps with another input, where there is a place to do so. */
  readonly approveElsewhere: (input?: unknown) => Promise<void>
  readonly close: () => Promise<void>
}

/** One request. */
interface Request {
  /** Who is logged in. @defaultValue `alice` */
  readonly user?: string
  /** What the model says to it, one turn after another. @defaultValue `done` */
  readonly model?: readonly Turn[]
  readonly providerFails?: true
  /** Further tools, made of the guarded ones. */
  readonly tools?: (guarded: Guarded) => ToolSet
  /** Tools that another tool may call. */
  readonly callers?: Readonly<Record<string, readonly string[]>>
  /** Held calls wait for their answer inside the request, where that can be chosen. */
  readonly waits?: true
}

/** A server with one chat route. */
export interface Chat extends Pick<Wiring, 'approveElsewhere' | 'close'> {
  /** The conversation with what the server added; nothing, when the request failed. */
  readonly post: (history: History, request?: Request) => Promise<History>
  /** Processes that all get the same request at the same moment. */
  readonly postInProcesses: (history: History, processes: Processes) => Promise<void>
  readonly deploy: World['deploy']
  readonly wait: (ms: number) => void
}

export async function openChat(world: World): Promise<Chat> {
  const wiring = await wiringOf(world)
  return {
    post: async (history, request = {}) => {
      try {
        return await route(world, wiring, history, request)
      } catch (error) {
        world.failed(error)
        return history
      }
    },
    postInProcesses: (history, processes) => inProcesses(world, { framework: 'aiSdk', history }, processes),
    deploy: world.deploy,
    wait: world.clock.advance,
    approveElsewhere: wiring.approveElsewhere,
    close: wiring.close,
  }
}

/** What an application writes. */
async function route(world: World, wiring: Wiring, history: History, request: Request): Promise<History> {
  const { user = 'alice', waits = false, callers, tools: further } = request
  const messages = [...(await wiring.review(history, user))]
  const guarded = wiring.guard(deskTools(world), user, waits)
  const all = further === undefined ? guarded : wiring.guard({ ...guarded.tools, ...further(guarded) }, user, waits)
  const experimental_toolCallers = callers as NonNullable<Settings['experimental_toolCallers']>
  const settings = callers === undefined ? all : { ...all, experimental_toolCallers }
  const model = modelOf(request)
  const { responseMessages } = await generateText({ model, ...settings, messages, stopWhen: isStepCount(5) })
  return [...messages, ...responseMessages]
}

function deskTools({ happened }: World): ToolSet {
  const nothing = z.object({})
  return {
    pay: tool({
      inputSchema: z.object({ amount: z.number() }),
      execute: async ({ amount }) => {
        happened(`paid ${amount}`)
        return { paid: amount }
      },
    }),
    wipe: tool({ inputSchema: nothing, execute: async () => happened('wiped') }),
    mail: tool({ inputSchema: nothing, execute: async () => happened('mailed') }),
    close_account: tool({ inputSchema: nothing, execute: async () => happened('closed') }),
  }
}

function modelOf({ model = [], providerFails }: Request): LanguageModel {
  if (providerFails === undefined) return scripted(...model).model
  return new MockLanguageModelV4({
    doGenerate: async () => {
      throw new Error('the provider is down')
    },
  })
}

async function wiringOf(world: World): Promise<Wiring> {
  if (world.side === 'bare' || world.side === 'signed') return (await import('./bare.ts')).bareWiring(world)
  return (await import('./ours.ts')).governedWiring(world)
}

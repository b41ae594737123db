import type { ChatState, ChatStatus, UIMessage } from 'ai'
import type { Governor } from 'countersign'
import { governanceStream, type GovernanceUIDataTypes, reviewMessages, withGovernance } from 'countersign/ai-sdk'
import type { ScriptedModel, Sdk } from './scripted.js'

export type PageMessage = UIMessage<unknown, GovernanceUIDataTypes>
type PagePart = PageMessage['parts'][number]

/** What a route is made of. */
export interface Route {
  readonly governor: Governor
  readonly tools: Parameters<typeof withGovernance>[0]
  readonly options?: Omit<Parameters<typeof withGovernance>[1], 'governor'>
  /** The model of each request, in their order; the last one serves the rest. */
  readonly models: readonly ScriptedModel[]
}

/** A page with the SDK's own client, on a route in this process. */
export interface Page {
  readonly messages: () => readonly PageMessage[]
  readonly ask: (text: string) => Promise<void>
  /** Answers the questions that are open, in their order; the client sends by itself when all are answered. */
  readonly answer: (...answers: readonly { readonly approved: boolean; readonly reason?: string }[]) => Promise<void>
  readonly parts: (type: PagePart['type']) => readonly PagePart[]
  readonly text: () => string
  /** Sends a conversation as it is, with whatever a client may have made of it. */
  readonly post: (messages: readonly PageMessage[]) => Promise<Response>
  readonly failures: readonly unknown[]
}

/** What an application writes, the same in both majors. */
export function routeOf({ ai }: Sdk, { governor, tools, options, models }: Route) {
  let requests = 0
  return async (messages: readonly PageMessage[]): Promise<Response> => {
    const { model } = models[Math.min(requests++, models.length - 1)] ?? fail()
    const reviewed = await reviewMessages(messages, { governor })
    const governed = withGovernance(tools, { governor, ...options })
    const shown = governanceStream({ governor })
    const result = ai.streamText({
      model,
      ...governed,
      messages: await ai.convertToModelMessages(reviewed, { tools: governed.tools }),
      stopWhen: ({ steps }: { readonly steps: readonly unknown[] }) => steps.length >= 5,
      onError: () => undefined,
    })
    const stream = result.toUIMessageStream({ originalMessages: reviewed })
    return ai.createUIMessageStreamResponse({ stream: stream.pipeThrough(shown) })
  }
}

export function openPage(sdk: Sdk, route: Route): Page {
  const post = routeOf(sdk, route)
  const failures: unknown[] = []
  const { AbstractChat, DefaultChatTransport, lastAssistantMessageIsCompleteWithApprovalResponses } = sdk.ai
  class PageChat extends AbstractChat<PageMessage> {}
  const transport = new DefaultChatTransport<PageMessage>({
    fetch: async (_, init) => post((JSON.parse(init?.body as string) as { messages: PageMessage[] }).messages),
  })
  const chat = new PageChat({
    state: stateOf(),
    transport,
    sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses,
    onError: error => failures.push(error),
  })
  return {
    failures,
    post,
    messages: () => chat.messages,
    parts: type => chat.messages.flatMap(({ parts }) => parts.filter(part => part.type === type)),
    text: () => textOf(chat.messages),
    ask: text => chat.sendMessage({ text }),
    answer: async (...answers) => {
      const open = chat.messages.flatMap(({ parts }) => parts.flatMap(openQuestion))
      for (const [index, answer] of answers.entries()) {
        const id = open[index]
        if (id !== undefined) await chat.addToolApprovalResponse({ id, ...answer })
      }
      // The client sends behind its own back.
      for (let turn = 0; turn < 2000 && chat.status !== 'ready'; turn++) await new Promise(setImmediate)
    },
  }
}

/** The texts of the answers. */
function textOf(messages: readonly PageMessage[]): string {
  const parts = messages.flatMap(({ role, parts: all }) => (role === 'assistant' ? all : []))
  return parts.map(part => (part.type === 'text' ? part.text : '')).join('')
}

/** The conversation as a page that was tampered with would send it. */
export function tampered(messages: readonly PageMessage[], change: (part: PagePart) => object): PageMessage[] {
  return messages.map(message => ({
    ...message,
    parts: message.parts.map(part => ({ ...part, ...change(part) })),
  }))
}

/** The answer of a person, as the client writes it into a part. */
export function answering(approved: boolean, reason?: string): (part: PagePart) => object {
  return part =>
    'approval' in part && part.state === 'approval-requested'
      ? { state: 'approval-responded', approval: { ...part.approval, approved, reason } }
      : {}
}

function openQuestion(part: PagePart): string[] {
  return 'approval' in part && part.state === 'approval-requested' ? [part.approval.id] : []
}

function stateOf(): ChatState<PageMessage> {
  const state = {
    status: 'ready' as ChatStatus,
    error: undefined,
    messages: [] as PageMessage[],
    pushMessage: (message: PageMessage) => {
      state.messages = [...state.messages, message]
    },
    popMessage: () => {
      state.messages = state.messages.slice(0, -1)
    },
    replaceMessage: (index: number, message: PageMessage) => {
      state.messages = state.messages.with(index, message)
    },
    snapshot: <T>(value: T): T => structuredClone(value),
  }
  return state
}

function fail(): never {
  throw new Error('no model is left for this request')
}

import type { AssistantModelMessage, ModelMessage, ToolModelMessage } from 'ai'
import type { Governor } from 'countersign'
import { unaskedText } from '../texts.js'
import { type Answer, reviewAnswer, reviewHosted, textOf } from './answer.js'

type ToolPart = ToolModelMessage['content'][number]
type AssistantPart = Exclude<AssistantModelMessage['content'], string>[number]
type CallPart = Extract<AssistantPart, { type: 'tool-call' }>
type ResponsePart = Extract<ToolPart, { type: 'tool-approval-response' }>

/** Who was asked about what, and what came of it, as the conversation tells. */
interface Told {
  readonly calls: ReadonlyMap<string, CallPart>
  /** Call ids by the id of the question. */
  readonly questions: ReadonlyMap<string, string>
  /** Ids of calls that have a result somewhere. */
  readonly results: ReadonlySet<string>
}

/** The messages with what their answers came to; a message in which nothing changed is the same. */
export async function reviewModelMessages<MESSAGE extends ModelMessage>(
  messages: readonly MESSAGE[],
  governor: Governor,
): Promise<MESSAGE[]> {
  const told = readMessages(messages)
  const inputs = new Map<string, unknown>()
  const reviewed: MESSAGE[] = []
  for (const [index, message] of messages.entries()) {
    if (!isRead(message) || message.role !== 'tool') {
      reviewed.push(message)
      continue
    }
    const content = await reviewContent(message.content, told, index === messages.length - 1, governor, inputs)
    // Providers refuse an empty message.
    if (content === message.content) reviewed.push(message)
    else if (content.length > 0) reviewed.push({ ...message, content })
  }
  return inputs.size === 0 ? reviewed : reviewed.map(message => withInputs(message, inputs))
}

async function reviewContent(
  content: readonly ToolPart[],
  told: Told,
  isLast: boolean,
  governor: Governor,
  inputs: Map<string, unknown>,
): Promise<readonly ToolPart[]> {
  const here = new Set(content.flatMap(part => (isPart(part) && part.type === 'tool-result' ? [part.toolCallId] : [])))
  const kept: ToolPart[] = []
  for (const part of content) {
    const reviewed =
      isPart(part) && part.type === 'tool-approval-response'
        ? await reviewPart(part, { told, here, isLast, governor, inputs })
        : part
    if (reviewed !== undefined) kept.push(reviewed)
  }
  const isSame = kept.length === content.length && kept.every((part, index) => part === content[index])
  return isSame ? content : kept
}

/** Where an answer stands. */
interface Place {
  readonly told: Told
  /** Ids of calls that have a result beside the answer. */
  readonly here: ReadonlySet<string>
  /** It is in the last message, where the SDK acts on it. */
  readonly isLast: boolean
  readonly governor: Governor
  readonly inputs: Map<string, unknown>
}

/** Nothing for an answer to what nobody asked: the SDK would refuse the whole conversation for it. */
async function reviewPart(part: ResponsePart, place: Place): Promise<ResponsePart | undefined> {
  const { told, here, isLast, governor, inputs } = place
  const toolCallId = told.questions.get(part.approvalId)
  const call = toolCallId === undefined ? undefined : told.calls.get(toolCallId)
  if (call === undefined) return isLast || part.providerExecuted === true ? undefined : part
  const answer = answerTo(call, part)
  if (part.providerExecuted === true) {
    // It would be sent to the provider as the answer to a question of its own.
    if (call.providerExecuted !== true) return { ...part, approved: false, reason: unaskedText(textOf(call.toolName)) }
    const reviewed = await reviewHosted(answer, !isLast, governor)
    return typeof reviewed === 'object' && 'denied' in reviewed
      ? { ...part, approved: false, reason: reviewed.denied }
      : part
  }
  const isOpen = isLast ? !here.has(call.toolCallId) : !told.results.has(call.toolCallId)
  if (!isOpen) return part
  const reviewed = await reviewAnswer(answer, governor)
  if (reviewed === 'kept') return part
  if ('denied' in reviewed) return { ...part, approved: false, reason: reviewed.denied }
  inputs.set(call.toolCallId, reviewed.input)
  return part
}

function answerTo({ toolCallId, toolName, input }: CallPart, part: ResponsePart): Answer {
  const { approvalId, approved, reason } = part
  return { approvalId, approved: Boolean(approved), reason, toolCallId, toolName: textOf(toolName), input }
}

function readMessages(messages: readonly ModelMessage[]): Told {
  const calls = new Map<string, CallPart>()
  const questions = new Map<string, string>()
  const results = new Set<string>()
  for (const { role, content } of messages.filter(isRead)) {
    if ((role !== 'assistant' && role !== 'tool') || typeof content === 'string') continue
    for (const part of content) {
      if (!isPart(part)) continue
      if (part.type === 'tool-result') results.add(part.toolCallId)
      if (part.type === 'tool-call') calls.set(part.toolCallId, part)
      if (part.type === 'tool-approval-request') questions.set(part.approvalId, part.toolCallId)
    }
  }
  return { calls, questions, results }
}

/** What a client sent need not be a message, nor what it holds a part: such things are left to the SDK, which refuses them. */
function isRead(message: ModelMessage | null | undefined): boolean {
  return typeof message === 'object' && message !== null && Array.isArray(message.content)
}

function isPart(part: object | null | undefined): boolean {
  return typeof part === 'object' && part !== null
}

function withInputs<MESSAGE extends ModelMessage>(message: MESSAGE, inputs: ReadonlyMap<string, unknown>): MESSAGE {
  if (!isRead(message) || message.role !== 'assistant' || typeof message.content === 'string') return message
  const content = message.content.map(part =>
    isPart(part) && part.type === 'tool-call' && inputs.has(part.toolCallId)
      ? { ...part, input: inputs.get(part.toolCallId) }
      : part,
  )
  return { ...message, content }
}

import type { UIMessage } from 'ai'
import type { Governor } from 'countersign'
import { type Answer, reviewAnswer, reviewHosted, textOf } from './answer.js'

type UIPart = UIMessage['parts'][number]

/** A tool's part of a page's message, as far as reviewing goes. The page has sent it: everything may be missing. */
interface ToolPart {
  readonly type: string
  readonly toolName?: string
  readonly toolCallId: string
  readonly state: string
  readonly input?: unknown
  readonly providerExecuted?: boolean
  readonly approval?: { readonly id: string; readonly approved?: boolean | null; readonly reason?: string } | null
}

/** The message with what its answers came to; itself where nothing changed. */
export async function reviewUIMessage<MESSAGE extends UIMessage>(
  message: MESSAGE,
  isLast: boolean,
  governor: Governor,
): Promise<MESSAGE> {
  if (message.role !== 'assistant') return message
  const lastStep = message.parts.findLastIndex(part => (part as UIPart | null)?.type === 'step-start')
  const parts: UIPart[] = []
  for (const [index, part] of message.parts.entries()) {
    parts.push(await reviewPart(part, !isLast || index < lastStep, governor))
  }
  return parts.every((part, index) => part === message.parts[index]) ? message : { ...message, parts }
}

/** @param isPast the conversation has gone on after this part */
async function reviewPart(part: UIPart, isPast: boolean, governor: Governor): Promise<UIPart> {
  const answer = answerIn(part as ToolPart | null)
  if (answer === undefined) return part
  const { approval, providerExecuted, state } = part as ToolPart
  const isHosted = providerExecuted === true
  if (!isHosted && textOf(state).startsWith('output-')) return part
  const reviewed = await (isHosted ? reviewHosted(answer, isPast, governor) : reviewAnswer(answer, governor))
  if (reviewed === 'kept') return part
  if ('input' in reviewed) return { ...part, input: reviewed.input } as UIPart
  return { ...part, approval: { ...approval, approved: false, reason: reviewed.denied } } as UIPart
}

function answerIn(part: ToolPart | null | undefined): Answer | undefined {
  if (typeof part?.type !== 'string') return undefined
  const { type, toolName, toolCallId, input, approval } = part
  const isTool = type === 'dynamic-tool' || type.startsWith('tool-')
  if (!isTool || typeof approval !== 'object' || approval === null || (approval.approved ?? null) === null)
    return undefined
  return {
    approvalId: approval.id,
    approved: Boolean(approval.approved),
    reason: approval.reason,
    toolCallId,
    toolName: type === 'dynamic-tool' ? textOf(toolName) : type.slice('tool-'.length),
    input,
  }
}

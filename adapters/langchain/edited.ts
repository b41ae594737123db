import { ToolMessage } from '@langchain/core/messages'
import type { Edit } from 'countersign'
import { isCommand, StoredCommand } from './command.js'

/** What a reviewer made of a call, and the call it is about. */
export interface EditedCall {
  readonly edit: Edit | undefined
  /** For the model. */
  readonly notice: string
  readonly toolCallId: string
  readonly name: string
}

/**
 * The result of a call that ran otherwise than the model had asked. What the model said is never rewritten (providers
 * replay it from their own records), so its answer says what was changed, and the artifact says it to programs.
 */
export function tellEdit(output: unknown, call: EditedCall, asTuple: boolean): unknown {
  if (asTuple && Array.isArray(output) && output.length === 2) {
    const [content, artifact] = output as readonly unknown[]
    return [told(content, call, artifact), undefined]
  }
  return told(output, call, undefined)
}

function told(output: unknown, call: EditedCall, artifact: unknown): unknown {
  if (ToolMessage.isInstance(output)) return toldMessage(output, call)
  if (typeof output === 'object' && output !== null && isCommand(output)) {
    return new StoredCommand({ ...output, update: toldUpdate(output.update, call) })
  }
  return new ToolMessage({
    content: toldContent(output, call.notice),
    status: 'success',
    tool_call_id: call.toolCallId,
    name: call.name,
    artifact: withEdit(artifact, call),
  })
}

function toldMessage(message: ToolMessage, call: EditedCall): ToolMessage {
  const { content, status, tool_call_id, name, artifact, id, metadata, additional_kwargs, response_metadata } = message
  return new ToolMessage({
    content: toldContent(content, call.notice),
    tool_call_id,
    artifact: withEdit(artifact, call),
    additional_kwargs,
    response_metadata,
    ...(status === undefined ? {} : { status }),
    ...(name === undefined ? {} : { name }),
    ...(id === undefined ? {} : { id }),
    ...(metadata === undefined ? {} : { metadata }),
  })
}

/** The message in a command's update that answers the call. */
function toldUpdate(update: unknown, call: EditedCall): unknown {
  if (typeof update !== 'object' || update === null || !('messages' in update)) return update
  const { messages } = update
  if (!Array.isArray(messages)) return update
  const answers = (message: unknown): message is ToolMessage =>
    ToolMessage.isInstance(message) && message.tool_call_id === call.toolCallId
  return {
    ...update,
    messages: messages.map(message => (answers(message) ? toldMessage(message, call) : (message as unknown))),
  }
}

function toldContent(content: unknown, notice: string): ToolMessage['content'] {
  if (Array.isArray(content) && content.every(isBlock)) return [{ type: 'text', text: notice }, ...content]
  return `${notice}\n\n${typeof content === 'string' ? content : (JSON.stringify(content) ?? '')}`
}

/** A tool's own artifact stays what it is, unless there is room in it. */
function withEdit(artifact: unknown, { edit }: EditedCall): unknown {
  if (edit === undefined) return artifact
  const governance = { edit: { tool: edit.tool, changes: edit.changes } }
  if (artifact === undefined || artifact === null) return { governance }
  const isOpen = typeof artifact === 'object' && Object.getPrototypeOf(artifact) === Object.prototype
  return isOpen && !Object.hasOwn(artifact, 'governance') ? { ...artifact, governance } : artifact
}

function isBlock(item: unknown): item is { readonly type: string } {
  return typeof item === 'object' && item !== null && 'type' in item && typeof item.type === 'string'
}

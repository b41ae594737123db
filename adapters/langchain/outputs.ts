import {
  BaseMessage,
  mapChatMessagesToStoredMessages,
  mapStoredMessageToChatMessage,
  type StoredMessage,
} from '@langchain/core/messages'
import type { OutputCodec } from 'countersign'
import { isCommand, isSend, StoredCommand, StoredSend } from './command.js'

/** Marks what is written in a form of its own; a tool's object that has this key is wrapped itself, so none can imitate it. */
const KIND = '@langchain'

/**
 * Keeps LangChain's messages and LangGraph's commands in receipts, wherever they are in a tool's result. Written out by
 * hand: LangChain's own `load` would make objects of any class that a result names.
 */
export const outputs: OutputCodec = { encode, decode }

function encode(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(encode)
  if (BaseMessage.isInstance(value)) {
    const [stored] = mapChatMessagesToStoredMessages([value])
    return { [KIND]: 'message', value: withoutUndefined({ ...stored, data: { ...stored?.data, ...ofTool(value) } }) }
  }
  if (isCommand(value)) {
    const { graph, update, resume, goto } = value
    return { [KIND]: 'command', value: encodeFields({ graph, update, resume, goto }) }
  }
  if (isSend(value)) return { [KIND]: 'send', value: encodeFields({ node: value.node, args: value.args }) }
  if (!isPlain(value)) return value
  return Object.hasOwn(value, KIND) ? { [KIND]: 'object', value: encodeFields(value) } : encodeFields(value)
}

function decode(stored: unknown): unknown {
  if (typeof stored !== 'object' || stored === null) return stored
  if (Array.isArray(stored)) return stored.map(decode)
  if (!isPlain(stored)) return stored
  if (!Object.hasOwn(stored, KIND)) return decodeFields(stored)
  const { [KIND]: kind, value } = stored as { readonly [KIND]: unknown; readonly value: object }
  switch (kind) {
    case 'message':
      return mapStoredMessageToChatMessage(value as StoredMessage)
    case 'command':
      return new StoredCommand(decodeFields(value))
    case 'send': {
      const { node, args } = decodeFields(value)
      return new StoredSend(node, args)
    }
    default:
      return decodeFields(value)
  }
}

/** What LangChain's stored form leaves out of a tool's message. */
function ofTool(message: BaseMessage): object {
  const { artifact, status, metadata } = message as { artifact?: unknown; status?: unknown; metadata?: unknown }
  return { artifact, status, metadata }
}

function withoutUndefined(value: object): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown
}

function encodeFields(value: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, encode(item)]))
}

function decodeFields(value: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, decode(item)]))
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

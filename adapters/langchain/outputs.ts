import {
  BaseMessage,
  mapChatMessagesToStoredMessages,
  mapStoredMessageToChatMessage,
  RemoveMessage,
  type RemoveMessageFields,
  type StoredMessage,
} from '@langchain/core/messages'
import type { OutputCodec } from 'countersign'
import { isCommand, StoredCommand } from './command.js'

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
  if (BaseMessage.isInstance(value)) return encodeMessage(value)
  if (isCommand(value)) {
    const { graph, update, resume, goto } = value
    if (!namesNodes(goto)) throw new TypeError('a command that sends cannot be read again without LangGraph')
    return { [KIND]: 'command', value: encodeFields({ graph, update, resume, goto }) }
  }
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
    case 'remove':
      return new RemoveMessage(value as RemoveMessageFields)
    case 'command':
      return new StoredCommand(decodeFields(value))
    default:
      return decodeFields(value)
  }
}

/** @throws for a message that LangChain itself could not read again */
function encodeMessage(message: BaseMessage): object {
  if (message.type === 'remove') return { [KIND]: 'remove', value: { id: message.id } }
  const { artifact, status, metadata } = message as { artifact?: unknown; status?: unknown; metadata?: unknown }
  const [stored] = mapChatMessagesToStoredMessages([message])
  // LangChain's stored form leaves these out.
  const whole = { ...stored, data: { ...stored?.data, artifact, status, metadata } }
  const value = JSON.parse(JSON.stringify(whole)) as StoredMessage
  mapStoredMessageToChatMessage(value)
  return { [KIND]: 'message', value }
}

function namesNodes(goto: unknown): boolean {
  return [goto].flat().every(node => node === undefined || typeof node === 'string')
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

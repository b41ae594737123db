import type { ChatAnswer } from 'countersign'
import type { ActionRequest } from './question.js'

/** A reviewer's words go into the conversation; longer ones are cut. */
const MAX_MESSAGE_CHARS = 2000

/** Answers by the id of the request they are about; or why none of them can be used. */
export type Answers = ReadonlyMap<string, ChatAnswer> | string

/**
 * Reads what a person answered: LangChain's `{ decisions }` in both spellings, and agent-inbox's list. An answer that names
 * a request by `approvalId` belongs to it, and need not come with the others; without names their order counts, so there
 * must be one for each action. If one cannot be read, none counts.
 *
 * @param byName why answers must name their request, where their order says nothing
 */
export function readAnswers(response: unknown, asked: readonly ActionRequest[], byName: string | undefined): Answers {
  const list = Array.isArray(response) ? (response as readonly unknown[]) : field(response, 'decisions')
  if (!Array.isArray(list)) return 'expected { decisions: [...] }'
  const bound = bind(list, asked, byName)
  if (typeof bound === 'string') return bound
  const answers = new Map<string, ChatAnswer>()
  for (const [action, item] of bound) {
    const answer = readAnswer(item, action)
    if (typeof answer === 'string') return answer
    answers.set(action.approvalId, answer)
  }
  return answers
}

/** Whether a value looks like answers of a person who was asked about calls, and not like one to a tool's own question. */
export function isDecisions(value: unknown): boolean {
  const list: unknown = Array.isArray(value) ? value : field(value, 'decisions')
  return Array.isArray(list) && list.length > 0 && list.every(item => typeof field(item, 'type') === 'string')
}

function bind(
  list: readonly unknown[],
  asked: readonly ActionRequest[],
  byName: string | undefined,
): ReadonlyMap<ActionRequest, unknown> | string {
  const names = list.map(item => field(item, 'approvalId') ?? field(item, 'approval_id'))
  if (names.every(name => name === undefined)) {
    if (list.length !== asked.length) return `${list.length} decisions for ${asked.length} actions`
    return byName ?? new Map(asked.map((action, index) => [action, list[index]]))
  }
  const bound = new Map<ActionRequest, unknown>()
  for (const [index, name] of names.entries()) {
    const action = asked.find(({ approvalId }) => approvalId === name)
    if (action === undefined) return 'an approvalId is missing or belongs to another request'
    if (bound.has(action)) return 'an approvalId is named twice'
    bound.set(action, list[index])
  }
  return bound
}

function readAnswer(item: unknown, action: ActionRequest): ChatAnswer | string {
  const type = field(item, 'type')
  switch (type) {
    case 'approve':
    case 'accept':
      return { resolution: 'approved' }
    case 'edit':
      return readEdit(item, action)
    case 'reject':
    case 'ignore':
    case 'response':
    case 'respond':
      return rejection(field(item, 'message') ?? field(item, 'args'))
    default:
      return `a decision of type ${JSON.stringify(type) ?? 'undefined'} is not possible here, only approve, edit or reject`
  }
}

function readEdit(item: unknown, { name }: ActionRequest): ChatAnswer | string {
  const edited = field(item, 'editedAction') ?? field(item, 'edited_action') ?? field(item, 'args')
  const input = field(edited, 'args')
  const tool = field(edited, 'name') ?? field(edited, 'action') ?? name
  if (typeof input !== 'object' || input === null || Array.isArray(input) || typeof tool !== 'string') {
    return 'an edit needs an editedAction with the name of a tool and its args'
  }
  return { resolution: 'approved', input, ...(tool === name ? {} : { tool }) }
}

function rejection(message: unknown): ChatAnswer {
  return typeof message === 'string'
    ? { resolution: 'rejected', comment: message.slice(0, MAX_MESSAGE_CHARS) }
    : { resolution: 'rejected' }
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  return (value as Record<string, unknown>)[name]
}

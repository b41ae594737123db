import type { CallScope, Governor, ToolCall } from 'countersign'

/** What became of a call that others execute: it may go on `now`, it went on `before`, or it must not. */
export type HandedOn = 'now' | 'before' | { readonly refused: string }

/** Uses up what a call needs that others execute: its approval, and its one start in the ledger. Nothing comes back from there. */
export async function handOn(governor: Governor, call: ToolCall, scope: CallScope): Promise<HandedOn> {
  const execution = await governor.run(call, () => 'handed on', scope)
  switch (execution.status) {
    case 'executed':
      return execution.replayed === true ? 'before' : 'now'
    case 'tool_error':
      return 'before'
    default:
      return { refused: execution.message }
  }
}

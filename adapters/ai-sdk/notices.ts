import { editNotice, type Execution, type Governor, RecentMap, type ToolProfile } from 'countersign'
import type { ModelOutputRequest } from './tool-like.js'

/** Calls of this process whose end is remembered; others are looked up. */
const MAX_REMEMBERED = 1000

/** How a call of this process ended. Only of a call that was changed, the output is kept. */
interface Ended {
  readonly changed?: { readonly output: unknown; readonly notice: string }
}

/** What the model is to be told of calls that a reviewer changed: as they end, or, after a restart, as the store has it. */
export class Notices {
  readonly #name: string
  readonly #governor: Governor
  readonly #profile: ToolProfile | undefined
  readonly #ended = new RecentMap<string, Ended>(MAX_REMEMBERED)

  constructor(name: string, governor: Governor, profile: ToolProfile | undefined) {
    this.#name = name
    this.#governor = governor
    this.#profile = profile
  }

  /** Remembers how a call ended. */
  note(toolCallId: string, execution: Execution): void {
    if (execution.status !== 'executed') return
    const { output, notice } = execution
    this.#ended.set(toolCallId, notice === undefined ? {} : { changed: { output, notice } })
  }

  /** What the model is to be told; a store that cannot be read does not take the result away. */
  async of({ toolCallId, input, output }: ModelOutputRequest): Promise<string | undefined> {
    const ended = this.#ended.get(toolCallId)
    if (ended !== undefined && ended.changed === undefined) return undefined
    if (ended?.changed !== undefined && Object.is(ended.changed.output, output)) return ended.changed.notice
    try {
      const approval = await this.#governor.approvals.find({ id: toolCallId, name: this.#name, input })
      return approval?.status === 'consumed' && approval.edit !== undefined
        ? editNotice(this.#name, approval.edit, this.#profile)
        : undefined
    } catch {
      return undefined
    }
  }
}

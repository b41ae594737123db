/** A call that a scripted model makes. */
export interface ScriptedCall {
  readonly name: string
  /** An object, or the very text that the model writes. @defaultValue `{}` */
  readonly arguments?: object | string
  /** @defaultValue `call_<turn>_<position>` */
  readonly id?: string
  /** Further fields beside the function of a chat completion's call, such as `extra_content`. */
  readonly extra?: Readonly<Record<string, unknown>>
}

/** One answer of a scripted model. */
export interface ScriptedTurn {
  readonly text?: string
  readonly reasoning?: string
  readonly refusal?: string
  readonly calls?: readonly ScriptedCall[]
  /** The answer ends before it is complete: `max_output_tokens` (`length` in chat completions). */
  readonly incomplete?: boolean
  /** The answer fails: a stream ends with the error, a body has it, with this status. */
  readonly error?: {
    readonly message: string
    readonly code?: string
    readonly status?: number
    readonly headers?: Readonly<Record<string, string>>
  }
  /** How `index` is written in streamed calls of chat completions. @defaultValue `position` */
  readonly index?: 'position' | 'null' | 'missing' | 'zero'
  /** The connection breaks after so many frames. */
  readonly cutAfter?: number
  /** Milliseconds before each frame, or before the body. @defaultValue 0 */
  readonly delayMs?: number
  /** A field that is written into every answer of this turn, such as `model`. */
  readonly extra?: Readonly<Record<string, unknown>>
}

/** How long the pieces of a stream are. */
const PIECE_CHARS = 7

/** A text in pieces, as a model streams it. */
export function pieces(text: string, chars = PIECE_CHARS): readonly string[] {
  return text.match(new RegExp(`[^]{1,${chars}}`, 'gu')) ?? []
}

/** The text of a call's arguments. */
export function argumentsOf({ arguments: args = {} }: ScriptedCall): string {
  return typeof args === 'string' ? args : JSON.stringify(args)
}

/** The id of a call. */
export function callIdOf({ id }: ScriptedCall, turn: number, position: number): string {
  return id ?? `call_${turn}_${position}`
}

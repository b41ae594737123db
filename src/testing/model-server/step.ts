/** One answer of a server. */
export type ReplayStep = StreamStep | JsonStep

/** Server-sent events, each frame as it goes over the wire. */
export interface StreamStep {
  readonly frames: readonly (string | Uint8Array)[]
  readonly cut?: Cut
  /** Milliseconds before each frame. @defaultValue 0 */
  readonly delayMs?: number
}

/** An answer in one piece. */
export interface JsonStep {
  readonly body: unknown
  /** @defaultValue 200 */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Milliseconds before it. @defaultValue 0 */
  readonly delayMs?: number
}

/** The connection breaks in the middle of a stream. */
export interface Cut {
  /** Frames sent before it. */
  readonly after: number
  /** Waited for before the connection breaks, so that a test can let its client read what came first. */
  readonly when?: PromiseLike<unknown>
}

const DONE = 'data: [DONE]\n\n'

/** Provider events in order, as a streamed answer. */
export function streamed(events: readonly object[]): StreamStep {
  return { frames: [...events.map(event => frameOf(JSON.stringify(event))), DONE] }
}

/** The same stream, broken after its first frames. */
export function cutAfter(step: ReplayStep | undefined, after: number, when?: PromiseLike<unknown>): StreamStep {
  if (step === undefined || !('frames' in step)) throw new TypeError('only a stream can be cut')
  return { frames: step.frames, cut: when === undefined ? { after } : { after, when } }
}

/** Position of the frame after the first one of an event type: what to cut after, to have just sent it. */
export function through(step: ReplayStep | undefined, type: string): number {
  if (step === undefined || !('frames' in step)) throw new TypeError('only a stream has frames')
  const index = step.frames.findIndex(frame => typeof frame === 'string' && frame.startsWith(`event: ${type}\n`))
  if (index === -1) throw new RangeError(`the stream has no ${type}`)
  return index + 1
}

/**
 * The answers in a recording, by how its name ends. In a `.chunks.txt`, each line is an event; one that holds several responses
 * is split where a response begins (`response.created`, or `message_start` after `message_stop`). A `.sse` goes over the wire as it is; a `.json` is one body.
 */
export function recordedSteps(name: string, text: string): readonly ReplayStep[] {
  if (name.endsWith('.json')) return [{ body: JSON.parse(text) as unknown }]
  if (name.endsWith('.sse')) return [{ frames: text.split(/(?<=\n\n)/).filter(frame => frame.trim() !== '') }]
  const responses: string[][] = []
  let before: string | undefined
  for (const line of text.split('\n').filter(line => line.trim() !== '')) {
    const type = typeOf(line)
    if (responses.length === 0 || beginsResponse(type, before)) responses.push([])
    responses.at(-1)?.push(line)
    before = type
  }
  return responses.map(lines => ({ frames: [...lines.map(frameOf), DONE] }))
}

/** A `message_start` in the middle of a message is a broken answer, not another one. */
function beginsResponse(type: string | undefined, before: string | undefined): boolean {
  return type === 'response.created' || (type === 'message_start' && before === 'message_stop')
}

function frameOf(line: string): string {
  const type = typeOf(line)
  return `${type === undefined ? '' : `event: ${type}\n`}data: ${line}\n\n`
}

/** The event's name; nothing for chat completions, and for a recording that holds broken JSON on purpose. */
function typeOf(line: string): string | undefined {
  try {
    const { type } = JSON.parse(line) as { type?: unknown }
    return typeof type === 'string' ? type : undefined
  } catch {
    return undefined
  }
}

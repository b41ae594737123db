import type { CallConfig } from './place.js'

/** What is read of LangGraph's notes on a task. */
interface Scratchpad {
  /** The answers that earlier runs of the task were given, in the order in which it asked. */
  readonly resume: readonly unknown[]
  /** Index of the last question that was asked in this run. */
  readonly interruptCounter: number
  /** The answer that has just come. */
  readonly nullResume: unknown
}

/** Whether a person can be asked here: LangGraph needs a checkpointer to come back to the question. */
export function canAsk<CONFIG extends CallConfig>(
  config: CONFIG,
): config is CONFIG & { readonly interrupt: (value: unknown) => unknown } {
  return typeof config.interrupt === 'function' && Boolean(config.configurable?.['__pregel_checkpointer'])
}

/** How many questions would be answered at once; `undefined` where LangGraph does not say. */
export function answersAtHand(config: CallConfig): number | undefined {
  const pad = scratchpadOf(config)
  if (pad === undefined) return undefined
  return Math.max(0, pad.resume.length - pad.interruptCounter - 1) + (pad.nullResume === undefined ? 0 : 1)
}

/** What the next question would be answered. */
export function nextAnswer(config: CallConfig): unknown {
  const pad = scratchpadOf(config)
  return pad?.resume[pad.interruptCounter + 1] ?? pad?.nullResume
}

function scratchpadOf({ configurable }: CallConfig): Scratchpad | undefined {
  const pad = configurable?.['__pregel_scratchpad'] as Partial<Scratchpad> | undefined
  return Array.isArray(pad?.resume) && typeof pad.interruptCounter === 'number' ? (pad as Scratchpad) : undefined
}

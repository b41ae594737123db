import {
  type ModelEvent,
  type ModelRequest,
  type ModelStreamRequest,
  type ModelTarget,
  type Opened,
  type ProviderGuard,
  providerGuard,
  type ProviderGuardOptions,
  type TokenUsage,
} from 'countersign'
import { type FakeClock, fakeClock } from 'countersign/testing'

// Loading it takes real time, and the time of these tests does not wait for that.
await import('../../src/later.js')

/** Lets everything happen that takes no time, real timers of zero length among it; no sockets are in these tests. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise(resolve => setImmediate(resolve))
  await new Promise(resolve => setTimeout(resolve, 2))
  await new Promise(resolve => setImmediate(resolve))
}

/** Waits for work; whenever nothing happens any more, time goes on to where something does. */
export async function inTime<T>(clock: FakeClock, work: Promise<T>): Promise<T> {
  const state = { isOver: false }
  const over = (): void => {
    state.isOver = true
  }
  work.then(over, over)
  for (let step = 0; step < 10_000 && !state.isOver; step++) {
    await settled()
    if (!state.isOver) clock.advance(clock.untilNext() ?? 0)
  }
  return work
}

/** An answer of the tests' models. */
export interface Answer {
  readonly text: string
  readonly usage?: TokenUsage
}

export const MAIN: ModelTarget = { provider: 'test', model: 'main' }
export const SPARE: ModelTarget = { provider: 'test', model: 'spare' }

/** The error of a status, as the official clients make it. */
export const status = (code: number, headers: Record<string, string> = {}): Error =>
  Object.assign(new Error(`status ${code}`), { status: code, headers })

export const broken = (): Error => Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNRESET' } })

/** A guard on a clock that stands still, with what it told. */
export interface GuardWorld {
  readonly guard: ProviderGuard
  readonly clock: FakeClock
  readonly events: ModelEvent[]
}

export async function guardWorld(options: ProviderGuardOptions = {}): Promise<GuardWorld> {
  // What is loaded on first use is loaded before time is played with.
  await import('cockatiel')
  const clock = fakeClock()
  const events: ModelEvent[] = []
  const guard = providerGuard({ retry: { jitter: 0 }, clock, onEvent: event => events.push(event), ...options })
  return { guard, clock, events }
}

export const request = (more: Partial<ModelRequest<ModelTarget, Answer>> = {}): ModelRequest<ModelTarget, Answer> => ({
  targets: [MAIN],
  body: 'hello',
  usage: ({ usage }) => usage,
  ...more,
})

export type Chunk = string | { readonly usage: TokenUsage } | { readonly error: unknown }

export const streamRequest = (
  more: Partial<ModelStreamRequest<ModelTarget, Opened<Chunk>>> = {},
): ModelStreamRequest<ModelTarget, Opened<Chunk>> => ({
  targets: [MAIN],
  body: 'hello',
  usage: chunk => (typeof chunk === 'object' && 'usage' in chunk ? chunk.usage : undefined),
  isOpening: chunk => chunk === 'open',
  errorIn: chunk => (typeof chunk === 'object' && 'error' in chunk ? { error: chunk.error } : undefined),
  isLast: chunk => chunk === 'end',
  ...more,
})

/** A stream of chunks; functions are awaited in their place, and what they throw breaks it. */
export async function* chunks(...items: readonly (Chunk | (() => unknown))[]): AsyncGenerator<Chunk> {
  for (const item of items) {
    if (typeof item === 'function') await item()
    else yield item
  }
}

export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of source) all.push(item)
  return all
}

/** What happened, one line for each event. */
export const told = (events: readonly ModelEvent[]): readonly string[] =>
  events.map(event => {
    switch (event.type) {
      case 'model-attempt-ended':
        return `${event.model} #${event.attempt} ${event.kind ?? event.status}`
      case 'model-retry-scheduled':
        return `${event.model} again in ${event.delayMs}`
      case 'model-skipped':
        return `${event.model} skipped: ${event.kind}`
      case 'model-request-ended':
        return `${event.model} ${event.status}${event.cache === undefined ? '' : ` cache ${event.cache}`}`
      case 'model-circuit-changed':
        return `${event.model} circuit ${event.state}`
      case 'budget-unsettled':
        return 'unsettled'
    }
  })

export const pending = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })

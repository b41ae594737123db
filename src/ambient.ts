import { nodeBuiltin } from './node.js'
import type { Awaitable } from './types.js'

/** Time as an argument, so that no test sleeps. */
export interface Clock {
  /** Epoch milliseconds. */
  readonly now: () => number
  /**
   * Calls `action` once after `ms` milliseconds; the returned function cancels it. What is done in the background does not
   * keep the process from ending.
   */
  readonly after: (ms: number, action: () => void, inBackground?: boolean) => () => void
}

/** The longest time a timer takes; with a longer one it would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** The machine's clock. Wraps the globals at call time, so that a test's fake timers still reach them. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after: (ms, action, inBackground = false) => {
    const timer: unknown = setTimeout(action, Math.min(ms, MAX_TIMER_MS))
    if (inBackground && typeof timer === 'object') (timer as { readonly unref?: () => void }).unref?.()
    return () => {
      clearTimeout(timer as number)
    }
  },
}

let nodeHash: ((algorithm: string, data: string) => string) | null | undefined

/** Whether {@link sha256} answers at once on this runtime. */
export function hashesAtOnce(): boolean {
  nodeHash ??= nodeBuiltin('node:crypto')?.hash ?? null
  return nodeHash !== null
}

/** SHA-256 in hex: at once where Node's crypto is there, else a promise (Web Crypto). */
export function sha256(text: string): Awaitable<string> {
  return hashesAtOnce() && nodeHash ? nodeHash('sha256', text) : webSha256(text)
}

async function webSha256(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
}

const HEX = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, '0'))
const RANDOM_BYTES = 8
const POOL_BYTES = 4096
const pool = new Uint8Array(POOL_BYTES)
let poolOffset = POOL_BYTES
let lastTime = 0
let counter = 0
let prefix = ''
let prefixTime = -1

/** A UUID version 7 (RFC 9562): ordered by time, and by a counter within one millisecond, so that an index only appends. */
export function newId(now: number): string {
  if (now > lastTime) {
    lastTime = now
    counter = 0
  } else {
    counter++
    if (counter > 0xfff) {
      lastTime++
      counter = 0
    }
  }
  if (prefixTime !== lastTime) {
    const time = Math.floor(lastTime).toString(16).padStart(12, '0')
    prefix = `${time.slice(0, 8)}-${time.slice(8)}-`
    prefixTime = lastTime
  }
  if (poolOffset + RANDOM_BYTES > POOL_BYTES) {
    crypto.getRandomValues(pool)
    poolOffset = 0
  }
  const at = poolOffset
  poolOffset += RANDOM_BYTES
  const variant = HEX[0x80 | ((pool[at] ?? 0) & 0x3f)]
  return `${prefix}${HEX[0x70 | (counter >> 8)]}${HEX[counter & 0xff]}-${variant}${byte(at + 1)}-${byte(at + 2)}${byte(at + 3)}${byte(at + 4)}${byte(at + 5)}${byte(at + 6)}${byte(at + 7)}`
}

function byte(index: number): string {
  return HEX[pool[index] ?? 0] ?? ''
}

/** Whether a value must be awaited. */
export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

/** Goes on at once with what is there, and later with what must be awaited: the hot path never leaves the stack. */
export function chain<T, U>(value: Awaitable<T>, proceed: (value: T) => Awaitable<U>): Awaitable<U> {
  return isPromiseLike(value) ? value.then(proceed) : proceed(value)
}

/** Lets go of a promise that nobody asked for: its rejection must not end the process. */
export function forget(promise: PromiseLike<unknown>): void {
  promise.then(undefined, () => undefined)
}

/** The same record without what is undefined: for records whose fields are there or are not. */
export function present<T extends object>(record: T): { [KEY in keyof T]?: Exclude<T[KEY], undefined> } {
  const kept: Partial<T> = {}
  for (const key in record) if (record[key] !== undefined) kept[key] = record[key]
  return kept as { [KEY in keyof T]?: Exclude<T[KEY], undefined> }
}

/** Calls `action` after whatever else this turn of the event loop brings. */
export function soon(action: () => void): void {
  const { setImmediate } = globalThis as { readonly setImmediate?: (action: () => void) => unknown }
  if (setImmediate === undefined) setTimeout(action, 0)
  else setImmediate(action)
}

/** Resolves after whatever else this turn of the event loop brings: calls go on in between. */
export function nextTurn(): Promise<void> {
  return new Promise(resolve => {
    soon(resolve)
  })
}

/** A number from 0 to below 1, from the runtime's source of chance. */
export function chance(): number {
  const [word = 0] = crypto.getRandomValues(new Uint32Array(1))
  return word / 2 ** 32
}

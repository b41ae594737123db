import type { Awaitable } from './types.js'

/** MCP's tool hints, same meaning. Believed only when the application states them (never from a server's word). */
export interface ToolAnnotations {
  /** The tool changes nothing. */
  readonly readOnly?: boolean
  /** The tool may destroy what was there. */
  readonly destructive?: boolean
  /** Calling again with the same input changes nothing more. */
  readonly idempotent?: boolean
  /** The tool reaches outside of the application's own systems. */
  readonly openWorld?: boolean
}

/** A constant, or a function of the tool's input. */
export type FromInput<T, INPUT = never> = T | ((input: INPUT) => T)

/** What governance should know of a tool. Every field is a constant or a function of the input. */
export interface ToolProfile<INPUT = never> {
  /** Name of the action. @defaultValue the tool's name */
  readonly action?: FromInput<string, INPUT>
  /** Area the call belongs to. @defaultValue the governor's domain */
  readonly domain?: FromInput<string, INPUT>
  /** Who acts. @defaultValue the governor's actor */
  readonly actor?: FromInput<string, INPUT>
  /** How much is at stake. @defaultValue the first finite number among `value`, `amount`, `price`, `total` of the input */
  readonly value?: FromInput<number | undefined, INPUT>
  /** On what thing. @defaultValue the input's `target`, if it is a string */
  readonly target?: FromInput<string | undefined, INPUT>
  /** Further facts for rules (`metadata.…`) and for the record. */
  readonly metadata?: FromInput<Readonly<Record<string, unknown>>, INPUT>
  readonly annotations?: ToolAnnotations
  /**
   * Finds out what became of an effect whose end is unknown, because its process died: asked before the call is brought
   * again. Whatever it cannot tell stays unknown, and the call is not executed again.
   */
  readonly reconcile?: (effect: UnsettledEffect<INPUT>) => Awaitable<Reconciliation | undefined>
  /** Takes back what a call did: run by `rollback`, itself at most once. */
  readonly undo?: (input: INPUT, output: unknown, context: { readonly idempotencyKey: string }) => unknown
  /** What may be shown of an input: paths to mask (`card.number`), or a function that returns the part to show. */
  readonly redact?: readonly string[] | ((input: INPUT) => unknown)
}

/** An effect that was begun, and of which nobody saw the end. */
export interface UnsettledEffect<INPUT = never> {
  /** What the tool was handed as `idempotencyKey`. */
  readonly key: string
  readonly input: INPUT
  /** Epoch milliseconds at which it began. */
  readonly startedAt: number
}

/** What became of an effect. */
export type Reconciliation =
  | { readonly status: 'succeeded'; readonly output?: unknown }
  | { readonly status: 'failed'; readonly error?: string }
  /** Nothing had happened: the call may be executed again. */
  | { readonly status: 'not_started' }

import type { Scope } from '../types.js'

/** A model of a provider. */
export interface ModelTarget {
  /** `openai`. */
  readonly provider: string
  /** As the provider calls it: `gpt-5`. */
  readonly model: string
}

/** What a provider says that an answer took. */
export interface TokenUsage {
  /** All of them, cached ones included. */
  readonly inputTokens: number
  /** Those of the input that the provider had cached. @defaultValue 0 */
  readonly cachedInputTokens?: number | undefined
  /** Reasoning included. */
  readonly outputTokens: number
}

/** What is known of a request before it is sent. */
export interface RequestFacts<TARGET extends ModelTarget = ModelTarget> {
  /** The model to ask, and those to ask in its place, in this order. */
  readonly targets: readonly [TARGET, ...(readonly TARGET[])]
  /** What is sent, without the model and without a signal: tokens are estimated of it, and a cached answer goes by it. */
  readonly body: unknown
  /** On whose behalf. Queues, budgets and cached answers go by it. */
  readonly scope?: Scope | undefined
  /** The caller's: when it aborts, nothing else counts. */
  readonly signal?: AbortSignal | undefined
  /** The most that the answer may have. @defaultValue the guard's `expectedOutputTokens` */
  readonly maxOutputTokens?: number | undefined
  /** Names of the tools that the model may call; provider-executed ones included. */
  readonly tools?: readonly string[] | undefined
}

/** A request that is answered at once. */
export interface ModelRequest<TARGET extends ModelTarget, ANSWER> extends RequestFacts<TARGET> {
  /** What the answer took, if it says. */
  readonly usage: (answer: ANSWER) => TokenUsage | undefined
  /** How answers are kept in the cache. @defaultValue structured clones */
  readonly copies?: Copies<ANSWER> | undefined
}

/** A request that is answered by a stream. */
export interface ModelStreamRequest<
  TARGET extends ModelTarget,
  OPENED extends Opened<unknown>,
> extends RequestFacts<TARGET> {
  /** What a chunk says that the answer took, if it does; the last word counts. */
  readonly usage: (chunk: ChunkOf<OPENED>) => TokenUsage | undefined
  /** Whether a chunk says nothing of the answer yet: as long as only such have come, the request may be tried again. @defaultValue none does */
  readonly isOpening?: ((chunk: ChunkOf<OPENED>) => boolean) | undefined
  /** The error that a chunk tells of, in protocols whose streams do not throw. */
  readonly errorIn?: ((chunk: ChunkOf<OPENED>) => { readonly error: unknown } | undefined) | undefined
  /** Whether it is a chunk without which the stream was cut. Without this, no stream is cached. */
  readonly isLast?: ((chunk: ChunkOf<OPENED>) => boolean) | undefined
  /** How chunks are kept in the cache. @defaultValue structured clones */
  readonly copies?: Copies<ChunkOf<OPENED>> | undefined
}

/** A stream that a provider opened, with whatever came with it. */
export interface Opened<CHUNK> {
  readonly chunks: AsyncIterable<CHUNK>
}

/** What a stream consists of. */
export type ChunkOf<OPENED extends Opened<unknown>> = OPENED extends Opened<infer CHUNK> ? CHUNK : never

/** How a thing is kept: as nothing that anybody else may change. */
export interface Copies<THING> {
  readonly keep: (thing: THING) => unknown
  readonly give: (kept: unknown) => THING
}

/** What an attempt is told besides its target. */
export interface AttemptCall {
  /** Ends the attempt: hand it to whatever sends the request. */
  readonly signal: AbortSignal
  /** 1, 2, 3 … over all targets. */
  readonly attempt: number
}

/** Sends the request once, and tries nothing again by itself. */
export type ModelAttempt<TARGET extends ModelTarget, ANSWER> = (
  target: TARGET,
  call: AttemptCall,
) => PromiseLike<ANSWER>

/**
 * A language model of the SDK, of whichever version: 2, 3 and 4 differ in what is in a prompt, and that is handed on as it
 * is. The SDK's own types are a union that no code can call.
 */
export interface ModelLike {
  readonly specificationVersion: string
  readonly provider: string
  readonly modelId: string
  readonly supportedUrls?: unknown
  // oxlint-disable-next-line typescript/no-explicit-any -- each version has options of its own, and none is read by type
  readonly doGenerate: (options: any) => PromiseLike<unknown>
  // oxlint-disable-next-line typescript/no-explicit-any -- as above
  readonly doStream: (options: any) => PromiseLike<unknown>
}

/** A model of the same version, and nothing besides. */
export type GovernedModel<MODEL extends ModelLike> = Pick<
  MODEL,
  Extract<keyof MODEL, 'specificationVersion' | 'provider' | 'modelId' | 'supportedUrls' | 'doGenerate' | 'doStream'>
>

/** The part of a request that is read. */
export interface CallParams {
  readonly prompt: readonly { readonly content: unknown }[]
  readonly tools?: readonly { readonly name: string }[] | undefined
  readonly maxOutputTokens?: number | undefined
  readonly abortSignal?: AbortSignal | undefined
}

/** The part of what a model says that is read: of an answer's content, and of a stream. */
export interface Part {
  readonly type: string
  readonly toolCallId?: string
  readonly toolName?: string
  /** JSON. */
  readonly input?: unknown
  readonly providerExecuted?: boolean | undefined
  readonly error?: unknown
  readonly usage?: UsageLike | undefined
  readonly finishReason?: string | { readonly unified?: unknown } | null | undefined
}

/** An answer that came at once. */
export interface Generated {
  readonly content: readonly Part[]
  readonly usage?: UsageLike | undefined
}

/** An answer that comes as a stream. */
export interface Streamed {
  readonly stream: ReadableStream<Part>
}

/** Numbers until version 2, and since then objects with their parts. */
export interface UsageLike {
  readonly inputTokens?: number | { readonly total?: number | undefined; readonly cacheRead?: number | undefined }
  readonly cachedInputTokens?: number | undefined
  readonly outputTokens?: number | { readonly total?: number | undefined }
}

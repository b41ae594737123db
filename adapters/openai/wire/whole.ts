import { isRecord } from '../call/record.js'
import { ProviderResponseError } from '../errors.js'

/** The last part of a stream that failed: what the provider said, and what is to be thrown. */
export class Failed {
  readonly said: unknown
  readonly cause: unknown

  constructor(said: unknown, cause: unknown) {
    this.said = said
    this.cause = cause
  }
}

/**
 * What a stream that threw comes to: the provider's own word, to be told and then thrown; or the error of a stream that was cut.
 *
 * @throws the signal's reason, for a stream that was called off; ProviderResponseError for one that broke
 */
export function failedBy(error: unknown, signal: AbortSignal | undefined): Failed {
  signal?.throwIfAborted()
  // The client's own kind of error; recognised by its fields, so that the client is not loaded here.
  const said: unknown = error instanceof Error && 'error' in error && 'status' in error ? error.error : undefined
  if (isRecord(said)) return new Failed(said, error)
  throw new ProviderResponseError('cut', 'the stream broke before the answer was complete', { cause: error })
}

/** The parts of a stream; what the provider says went wrong becomes its last part. @throws as {@link failedBy} */
export async function* whole<PART>(
  stream: AsyncIterable<PART>,
  signal: AbortSignal | undefined,
): AsyncGenerator<PART | Failed, void, undefined> {
  try {
    for await (const part of stream) {
      yield part
      signal?.throwIfAborted()
    }
  } catch (error) {
    yield failedBy(error, signal)
  }
}

/**
 * An answer in one piece, as the client gives it.
 *
 * @throws the signal's reason, for a request that was called off; ProviderResponseError for a body that the client itself cannot read; what the client throws
 */
export async function asked<ANSWER>(asking: PromiseLike<ANSWER>, signal: AbortSignal | undefined): Promise<ANSWER> {
  try {
    return await asking
  } catch (error) {
    signal?.throwIfAborted()
    if (!(error instanceof TypeError)) throw error
    throw new ProviderResponseError('malformed', 'the answer is not what the protocol promises', { cause: error })
  }
}

import { asked } from '../wire/whole.js'
import type { Protocol } from './protocol.js'

/** What every request has. */
export interface Params {
  readonly model?: string | undefined
}

/** What a request is sent with besides its content. */
interface SendOptions {
  readonly signal: AbortSignal | undefined
  /** Said only where somebody else tries again. */
  readonly maxRetries?: 0
}

/** Sends a request by the client. */
type Send<PARAMS extends Params, ANSWER> = (params: PARAMS, options: SendOptions) => PromiseLike<ANSWER>

/** How a run's requests reach the provider: straight through the client, or with a guard in front of it. */
export interface Asking {
  /** For an answer in one piece. @throws what `send` throws, and what the guard does; ProviderResponseError for a body that is none */
  readonly answer: <PARAMS extends Params, ANSWER extends object>(
    protocol: Protocol,
    params: PARAMS,
    send: Send<PARAMS, ANSWER>,
  ) => Promise<ANSWER>
  /** For an answer in parts. @throws as `answer` */
  readonly stream: <PARAMS extends Params>(
    protocol: Protocol,
    params: PARAMS,
    send: Send<PARAMS, AsyncIterable<unknown>>,
  ) => Promise<AsyncIterable<unknown>>
}

/** The client alone, as it was made. */
export function direct(signal: AbortSignal | undefined): Asking {
  return {
    answer: (_protocol, params, send) => asked(send(params, { signal }), signal),
    stream: (_protocol, params, send) => asked(send(params, { signal }), signal),
  }
}

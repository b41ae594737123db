import { oneOf } from 'countersign'
import { aiSdkMapper } from './ai-sdk.js'
import { chatMapper } from './chat.js'
import type { StreamEvent, StreamMapper } from './events.js'
import { langChainMapper } from './langchain.js'
import { failureOf, responsesMapper } from './responses.js'

/** Whose stream it is. */
export type StreamSource = 'responses' | 'chat' | 'ai-sdk' | 'langchain'

const MAPPERS: Readonly<Record<StreamSource, () => StreamMapper<unknown>>> = {
  responses: responsesMapper,
  chat: () => chatMapper(),
  'ai-sdk': aiSdkMapper,
  langchain: langChainMapper,
}

/**
 * The same events whatever the stream: raw events of the Responses API, raw chunks of Chat Completions, the AI SDK's
 * `fullStream`, or LangChain's `streamEvents`. Reads as fast as it is read, and lets go of the stream when its reader does.
 *
 * @throws GovernanceError `invalid-option` for a source that is not known. What the stream throws is told of, then thrown on.
 */
export async function* normalizeStream(
  stream: AsyncIterable<unknown>,
  source: StreamSource,
): AsyncGenerator<StreamEvent<never>, void, undefined> {
  oneOf('source', source, Object.keys(MAPPERS))
  const mapper = MAPPERS[source]()
  let hasFailed = false
  try {
    for await (const part of stream) {
      for (const event of mapper.map(part)) {
        hasFailed ||= event.type === 'response_failed'
        yield event
      }
    }
  } catch (error) {
    if (!hasFailed)
      yield { type: 'response_failed', error: failureOf(error instanceof Error ? { message: error.message } : error) }
    throw error
  }
  yield* mapper.end()
}

import { completionBody, completionChunks } from './chat-protocol.js'
import { loopback, type ModelRequest, type ModelServer } from './loopback.js'
import { responseBody, responseEvents } from './responses-protocol.js'
import { cutAfter, type ReplayStep, streamed } from './step.js'
import type { ScriptedTurn } from './turn.js'

/**
 * A provider on loopback whose model follows a script: one turn for each request, in their order. Speaks the Responses API
 * (`/v1/responses`) and Chat Completions (`/v1/chat/completions`), streamed or in one piece as the request asks, so that unmodified
 * clients run against it. A request beyond the script is answered with status 400, which no client retries.
 *
 * @param script the turns; a function is asked for one with each request
 */
export function modelServer(
  script: readonly ScriptedTurn[] | ((request: ModelRequest, index: number) => ScriptedTurn | undefined),
): Promise<ModelServer> {
  let next = 0
  return loopback(request => {
    const index = next++
    const turn = typeof script === 'function' ? script(request, index) : script[index]
    if (turn === undefined || !/\/(?:responses|chat\/completions)$/.test(request.path)) return undefined
    return stepOf(turn, index, request)
  })
}

function stepOf(turn: ScriptedTurn, index: number, { path, body }: ModelRequest): ReplayStep {
  const { delayMs = 0, error } = turn
  if (error?.status !== undefined) {
    const { message, code = 'server_error', status, headers = {} } = error
    return { status, headers, body: { error: { message, type: code, param: null, code } }, delayMs }
  }
  const request = body as { readonly model?: unknown; readonly stream?: unknown }
  const isChat = path.endsWith('/chat/completions')
  if (request.stream !== true) {
    return { body: isChat ? completionBody(turn, index, request) : responseBody(turn, index, request), delayMs }
  }
  const events = isChat ? completionChunks(turn, index, request) : responseEvents(turn, index, request)
  const stream = { ...streamed(events), delayMs }
  return turn.cutAfter === undefined ? stream : { ...cutAfter(stream, turn.cutAfter), delayMs }
}

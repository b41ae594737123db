// An endpoint that streams a governed run to a page, and maps errors: a rate limit waits as it is told and tries once more, a
// bad request is the caller's (400), anything else ours (500). A scripted model, so that it runs without a key.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { createGovernor, memoryStore } from 'countersign'
import { createGovernedOpenAI, type RunEvent, sseHeaders, toSSE } from 'countersign/openai'
import { modelServer } from 'countersign/testing'
import OpenAI, { type APIError, BadRequestError, RateLimitError } from 'openai'
import { z } from 'zod'

const model = await modelServer([
  { error: { message: 'slow down', code: 'rate_limit_exceeded', status: 429, headers: { 'retry-after-ms': '20' } } },
  { calls: [{ name: 'refund', arguments: { amount: 40 } }] },
  { text: 'The 40 are refunded.' },
  { error: { message: 'this model knows no such thing', code: 'invalid_request_error', status: 400 } },
  { error: { message: 'a secret of the provider', status: 500 } },
])
const governor = createGovernor({ store: memoryStore(), unlisted: 'allow' })
// Retries are made here, where it is seen how long to wait: none in the client.
const client = new OpenAI({ apiKey: 'none', baseURL: `${model.url}/v1`, maxRetries: 0 })
const ai = createGovernedOpenAI({ client, governor, model: 'scripted' })
ai.tool('refund', ({ amount }) => ({ refunded: amount }), { parameters: z.object({ amount: z.number() }) })

/** The run, once its first event is there: until then, an error can still have a status of its own. */
async function begin(input: string, signal: AbortSignal): Promise<AsyncIterable<RunEvent>> {
  const events = ai.runStream({ input, signal })
  const first = await events.next()
  return (async function* () {
    if (first.done !== true) yield first.value
    yield* events
  })()
}

/** Milliseconds that the provider asks for, which it may also say as a date; a second where it says nothing. */
function waitOf({ headers }: APIError): number {
  const ms = Number(headers?.get('retry-after-ms') ?? Number.NaN)
  if (ms >= 0) return ms
  const after = headers?.get('retry-after') ?? '1'
  const wait = Number.isNaN(Number(after)) ? Date.parse(after) - Date.now() : Number(after) * 1000
  return wait >= 0 ? wait : 1000
}

async function answer(input: string, signal: AbortSignal): Promise<Response> {
  for (let attempt = 1; ; attempt++) {
    try {
      const events = await begin(input, signal)
      return new Response(toSSE(events, { signal }), { headers: sseHeaders })
    } catch (error) {
      if (error instanceof RateLimitError && attempt === 1) {
        await new Promise(resolve => setTimeout(resolve, waitOf(error)))
        continue
      }
      if (error instanceof BadRequestError) return Response.json({ detail: error.message }, { status: 400 })
      return Response.json({ detail: 'the model could not be asked' }, { status: 500 })
    }
  }
}

const server = createServer((request, response) => {
  const gone = new AbortController()
  response.on('close', () => gone.abort())
  const input = new URL(request.url ?? '/', 'http://localhost').searchParams.get('q') ?? ''
  const send = async (): Promise<void> => {
    const { status, headers, body } = await answer(input, gone.signal)
    response.writeHead(status, Object.fromEntries(headers))
    if (body === null) response.end()
    else Readable.fromWeb(body as never).pipe(response)
  }
  send().catch(() => response.destroy())
})
await new Promise<void>(resolve => {
  server.listen(0, '127.0.0.1', resolve)
})
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/stream?q=refund`

const streamed = await fetch(url)
const text = await streamed.text()
const events = [...text.matchAll(/^event: (.*)$/gm)].map(([, name]) => name)
console.log(streamed.status, streamed.headers.get('content-type'), [...new Set(events)].join(' '))
const [bad, broken] = [await fetch(url), await fetch(url)]
const details = [await bad.text(), await broken.text()]
console.log(bad.status, details[0])
console.log(broken.status, details[1])
server.close()
await model.close()
await governor.close()

assert.equal(streamed.status, 200)
assert.equal(events.at(-1), 'final_response')
assert.ok(text.includes('"status":"executed"') && !text.includes('"refunded"'))
assert.deepEqual([bad.status, broken.status], [400, 500])
assert.ok(!details[1]?.includes('secret'))

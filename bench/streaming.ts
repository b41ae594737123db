import { createGovernor, memoryStore } from 'countersign'
import { createGovernedOpenAI } from 'countersign/openai'
import OpenAI from 'openai'
import type { Result } from './result.ts'

const ROUNDS = 40

/** The official client, whose every answer is a text of so many deltas, one network chunk each. */
function clientOf(deltas: number): OpenAI {
  const encode = (event: { readonly type: string }): Uint8Array =>
    new TextEncoder().encode(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
  const at = { item_id: 'msg_1', output_index: 0, content_index: 0, logprobs: [] }
  const response = { id: 'resp_1', status: 'completed', output: [] }
  const delta = (sequence_number: number) =>
    encode({ type: 'response.output_text.delta', ...at, sequence_number, delta: 'some words ' } as never)
  const frames = [
    encode({ type: 'response.created', response } as never),
    ...Array.from({ length: deltas }, (_, index) => delta(index)),
    encode({ type: 'response.completed', response } as never),
  ]
  const fetch = async (): Promise<Response> => {
    let next = 0
    const body = new ReadableStream<Uint8Array>({
      pull: controller => {
        const frame = frames[next++]
        if (frame === undefined) controller.close()
        else controller.enqueue(frame)
      },
    })
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  }
  return new OpenAI({ apiKey: 'none', fetch })
}

/** Microseconds per chunk of the client alone, and of a governed run around it, by turns. */
async function perChunk(deltas: number): Promise<{ readonly bare: number; readonly governed: number }> {
  const client = clientOf(deltas)
  const governor = createGovernor({ store: memoryStore() })
  const ai = createGovernedOpenAI({ client, governor, model: 'bench' })
  const drain = async (events: AsyncIterable<unknown>): Promise<void> => {
    for await (const _event of events);
  }
  const subjects = [
    async () => drain(await client.responses.create({ model: 'bench', input: 'go', stream: true })),
    async () => drain(ai.runStream({ input: 'go' })),
  ]
  const times = subjects.map((): number[] => [])
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [index, run] of subjects.entries()) {
      const startedAt = process.hrtime.bigint()
      await run()
      if (round > 0) times[index]?.push(Number(process.hrtime.bigint() - startedAt) / 1000 / deltas)
    }
  }
  await governor.close()
  // The least disturbed rounds: what is looked for is smaller than the noise of a machine.
  return { bare: Math.min(...(times[0] ?? [])), governed: Math.min(...(times[1] ?? [])) }
}

/** What a governed run adds to each chunk of a stream, and whether that grows with its length. */
export async function benchStreaming(): Promise<readonly Result[]> {
  const short = await perChunk(500)
  const long = await perChunk(10_000)
  return [
    { name: 'openai runStream: time per chunk, against the client alone', value: long.governed / long.bare, unit: '×' },
    { name: 'openai runStream: adds per chunk', value: long.governed - long.bare, unit: 'µs', target: 1 },
    {
      name: 'openai runStream: per chunk, 10,000 chunks against 500',
      value: long.governed / short.governed,
      unit: '×',
      target: 1.2,
    },
  ]
}

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createGovernor, memoryStore } from 'countersign'
import { createGovernedOpenAI } from 'countersign/openai'
import OpenAI from 'openai'
import type { Result } from './result.ts'

const ROUNDS = 80

/** An answer that is a text of so many deltas, frame by frame. */
function framesOf(deltas: number): readonly Uint8Array[] {
  const encode = (event: { readonly type: string }): Uint8Array =>
    new TextEncoder().encode(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
  const at = { item_id: 'msg_1', output_index: 0, content_index: 0, logprobs: [] }
  const response = { id: 'resp_1', status: 'completed', output: [] }
  const delta = (sequence_number: number) =>
    encode({ type: 'response.output_text.delta', ...at, sequence_number, delta: 'some words ' } as never)
  return [
    encode({ type: 'response.created', response } as never),
    ...Array.from({ length: deltas }, (_, index) => delta(index)),
    encode({ type: 'response.completed', response } as never),
  ]
}

/** The official client without a network: every frame is a chunk of its own. */
function clientOf(deltas: number): OpenAI {
  const frames = framesOf(deltas)
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

/** The official client over loopback: frames come as the sockets bring them. */
async function clientOverLoopback(deltas: number): Promise<{ readonly client: OpenAI; readonly close: () => void }> {
  const frames = framesOf(deltas)
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    let next = 0
    const write = (): void => {
      const frame = frames[next++]
      if (frame === undefined) response.end()
      else response.write(frame, write)
    }
    write()
  })
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const close = (): void => {
    server.closeAllConnections()
    server.close()
  }
  return { client: new OpenAI({ apiKey: 'none', baseURL }), close }
}

/**
 * Microseconds per chunk of the client alone, and of a governed run around it, by turns: of this process at work, the server on
 * loopback included, so that nothing counts that the machine does besides.
 */
async function perChunk(client: OpenAI, deltas: number): Promise<{ readonly bare: number; readonly governed: number }> {
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
      const before = process.cpuUsage()
      await run()
      const { user, system } = process.cpuUsage(before)
      if (round > 0) times[index]?.push((user + system) / deltas)
    }
  }
  await governor.close()
  // The least disturbed rounds: what is looked for is smaller than the noise of a machine.
  return { bare: Math.min(...(times[0] ?? [])), governed: Math.min(...(times[1] ?? [])) }
}

/** What a governed run adds to each chunk of a stream, and whether that grows with its length. */
export async function benchStreaming(): Promise<readonly Result[]> {
  const short = await perChunk(clientOf(500), 500)
  const long = await perChunk(clientOf(10_000), 10_000)
  const { client, close } = await clientOverLoopback(2000)
  const networked = await perChunk(client, 2000)
  close()
  const name = 'openai runStream'
  return [
    {
      name: `${name}: per chunk, over loopback, against the client`,
      value: networked.governed / networked.bare,
      unit: '×',
      target: 1.05,
    },
    { name: `${name}: adds per chunk, without a network`, value: long.governed - long.bare, unit: 'µs', target: 1 },
    {
      name: `${name}: per chunk, 10,000 chunks against 500`,
      value: long.governed / short.governed,
      unit: '×',
      target: 1.2,
    },
  ]
}

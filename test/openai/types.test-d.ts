import type { Governor } from 'countersign'
import { createGovernedOpenAI, streamUntilUserInput, zodTool } from 'countersign/openai'
import OpenAI, { AzureOpenAI } from 'openai'
import type { ChatCompletion, ChatCompletionMessageParam } from 'openai/resources/chat/completions'
import type { Response, ResponseInputItem } from 'openai/resources/responses/responses'
import { expectTypeOf, it } from 'vitest'
import { z } from 'zod'

declare const governor: Governor
const client = new OpenAI({ apiKey: 'none' })
const ai = createGovernedOpenAI({ client, governor })

it('a tool’s function and profile receive what its schema parses to', () => {
  ai.tool(
    'pay',
    (input, context) => {
      expectTypeOf(input.amount).toEqualTypeOf<number>()
      expectTypeOf(input.currency).toEqualTypeOf<string>()
      expectTypeOf(context.idempotencyKey).toEqualTypeOf<string>()
      return input.amount
    },
    {
      parameters: z.object({ amount: z.number(), to: z.string().optional(), currency: z.string().default('EUR') }),
      value: input => input.amount,
      target: ({ to }) => to,
    },
  )
  // @ts-expect-error -- there is no such field
  ai.tool('pay', ({ amout }) => amout, { parameters: z.object({ amount: z.number() }) })
  // @ts-expect-error -- a misspelt option
  ai.tool('pay', () => 1, { parameters: z.object({}), strct: true })
})

it('a JSON Schema carries no type', () => {
  ai.tool('any', input => input.whatever, { parameters: { type: 'object' } })
})

it('answers and conversations are those of the API', async () => {
  const responses = await ai.run({ input: 'go' })
  expectTypeOf(responses.llmResponse).toEqualTypeOf<Response>()
  expectTypeOf(responses.history).toEqualTypeOf<readonly ResponseInputItem[]>()
  const chat = createGovernedOpenAI({
    client,
    governor,
    api: 'chat',
    request: { temperature: 0.5, max_completion_tokens: 5 },
  })
  const completion = await chat.run({ messages: [{ role: 'user', content: 'go' }] })
  expectTypeOf(completion.llmResponse).toEqualTypeOf<ChatCompletion>()
  expectTypeOf(completion.history).toEqualTypeOf<readonly ChatCompletionMessageParam[]>()
  // @ts-expect-error -- an option of the other API
  createGovernedOpenAI({ client, governor, request: { max_completion_tokens: 5 } })
  for await (const event of ai.runStream({ input: 'go' })) {
    if (event.type === 'final_response') expectTypeOf(event.response.llmResponse).toEqualTypeOf<Response>()
    if (event.type === 'llm_delta') expectTypeOf(event.delta).toEqualTypeOf<string>()
  }
})

it('every client of the official package fits', () => {
  createGovernedOpenAI({ client: new AzureOpenAI({ apiKey: 'none', apiVersion: 'x' }), governor })
})

it('tools in one piece know their input and their run’s context', async () => {
  const pay = zodTool({
    name: 'pay',
    parameters: z.object({ amount: z.number() }),
    execute: ({ amount }, { context }) => {
      expectTypeOf(amount).toEqualTypeOf<number>()
      expectTypeOf(context).toEqualTypeOf<unknown>()
      return amount
    },
  })
  const { toInputList } = await streamUntilUserInput({ client, governor, model: 'm', messages: [], tools: [pay] })
  expectTypeOf(toInputList()).toEqualTypeOf<ChatCompletionMessageParam[]>()
})

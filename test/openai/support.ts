import { createGovernor, type Governor, type GovernorOptions, memoryStore } from 'countersign'
import { createGovernedOpenAI, type GovernedOpenAI, type GovernedOpenAIOptions } from 'countersign/openai'
import { modelServer, type ModelServer, type ScriptedTurn } from 'countersign/testing'
import OpenAI from 'openai'
import { z } from 'zod'

/** Small amounts are allowed, larger ones held, `wipe` is forbidden, everything else is free. */
const POLICY = [
  { id: 'small', tools: ['pay'], when: { 'input.amount': { lte: 100 } }, effect: 'allow', reason: 'small amount' },
  { id: 'big', tools: ['pay'], when: { 'input.amount': { gt: 100 } }, effect: 'require_approval', reason: 'over 100' },
  { id: 'no-wipe', tools: ['wipe'], effect: 'deny', reason: 'never wipe' },
] as const

export const governorWith = (options: GovernorOptions = {}): Governor =>
  createGovernor({ store: memoryStore(), policy: POLICY, unlisted: 'allow', ...options })

/** The official client, against a server on loopback. */
export const clientOf = (server: ModelServer): OpenAI =>
  new OpenAI({ apiKey: 'none', baseURL: `${server.url}/v1`, maxRetries: 0, logLevel: 'off' })

type Settings<API extends 'responses' | 'chat'> = Partial<GovernedOpenAIOptions<API>>

/** A governed client whose model follows a script, with tools that note what they ran. */
export async function scripted<API extends 'responses' | 'chat' = 'responses'>(
  script: Parameters<typeof modelServer>[0],
  settings: Settings<API> = {},
) {
  const server = await modelServer(script)
  const client = clientOf(server)
  const governor = settings.governor ?? governorWith()
  const ran: unknown[] = []
  const ai = createGovernedOpenAI<API>({ client, governor, model: 'gpt-5.1', ...settings })
  withTools(ai, ran)
  return { ai, server, client, governor, ran, [Symbol.asyncDispose]: server.close }
}

export function withTools(ai: GovernedOpenAI<'responses' | 'chat'>, ran: unknown[]): void {
  ai.tool(
    'pay',
    ({ amount, to }) => {
      ran.push(`pay ${amount}${to === undefined ? '' : ` to ${to}`}`)
      return { paid: amount }
    },
    { description: 'Pays', parameters: z.object({ amount: z.number(), to: z.string().optional() }) },
  )
  ai.tool('wipe', () => ran.push('wipe'), { description: 'Wipes everything' })
  ai.tool(
    'read',
    ({ path }) => {
      ran.push(`read ${path}`)
      return `content of ${path}`
    },
    { parameters: z.object({ path: z.string() }) },
  )
  ai.tool('fail', () => {
    ran.push('fail')
    throw new Error('secret-in-a-message')
  })
}

/** A turn with one call. */
export const calling = (name: string, args: object | string = {}, id?: string): ScriptedTurn => ({
  calls: [{ name, arguments: args, ...(id === undefined ? {} : { id }) }],
})

/** What the provider was sent as results of calls, in the order of the last request. */
export function outputsIn(server: ModelServer, request = -1): readonly any[] {
  const { body } = server.requests.at(request)!
  const items: readonly any[] = body.input ?? body.messages
  return items
    .filter(item => item.type === 'function_call_output' || item.role === 'tool')
    .map(item => JSON.parse(item.output ?? item.content))
}

export async function all<EVENT>(events: AsyncIterable<EVENT>): Promise<EVENT[]> {
  const seen: EVENT[] = []
  for await (const event of events) seen.push(event)
  return seen
}

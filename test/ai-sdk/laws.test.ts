import type { ModelMessage } from 'ai'
import { tool } from 'ai'
import {
  createGovernor,
  type Effect,
  type Evaluator,
  type GovernanceEvent,
  type Governor,
  type Listener,
  memoryStore,
  rule,
} from 'countersign'
import { governanceStream, governedTools, withGovernance } from 'countersign/ai-sdk'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { apis, type Proposed, type Run, type Sdk, sdks } from './scripted.js'

const names = ['read', 'pay', 'wipe'] as const
type Name = (typeof names)[number]

/** Tools that note what they were called with. */
function notingTools(ran: string[]) {
  const noting = (name: Name, streaming: boolean) => {
    const inputSchema = z.object({ n: z.number() })
    const note = (n: number): void => void ran.push(`${name} ${n}`)
    return streaming
      ? tool({
          inputSchema,
          async *execute({ n }) {
            note(n)
            yield n
          },
        })
      : tool({ inputSchema, execute: async ({ n }) => note(n) })
  }
  return { read: noting('read', false), pay: noting('pay', false), wipe: noting('wipe', true) }
}

type Tools = ReturnType<typeof notingTools>
interface Path {
  readonly name: string
  readonly go: (tools: Tools, governor: Governor, calls: readonly Proposed[]) => Promise<unknown>
}

const through = (api: string, run: Run, sdk: Sdk, wrap: typeof governed): Path => ({
  name: `${api}, ${sdk.major}`,
  go: (tools, governor, calls) => run(sdk, sdk.scripted(calls, 'done'), wrap(tools, governor)),
})
const governed = (tools: Tools, governor: Governor) => ({ tools: governedTools(tools, { governor }) })

async function direct(tools: Tools, governor: Governor, calls: readonly Proposed[]): Promise<void> {
  const { tools: wrapped } = withGovernance(tools, { governor })
  for (const { id, name, input } of calls) {
    const result = wrapped[name as Name].execute?.(input as { n: number }, {
      toolCallId: id,
      messages: [],
      context: {},
    })
    if (typeof result === 'object' && result !== null && Symbol.asyncIterator in result) {
      await (async () => {
        for await (const _ of result as AsyncIterable<unknown>);
      })().catch(() => undefined)
    } else {
      await Promise.resolve(result).catch(() => undefined)
    }
  }
}

const paths: readonly Path[] = [
  ...sdks.flatMap(sdk =>
    Object.entries(apis).flatMap(([api, run]) => [
      through(api, run, sdk, governed),
      through(api, run, sdk, (tools, governor) => withGovernance(tools, { governor })),
    ]),
  ),
  { name: 'direct', go: direct },
]

const anyCalls = fc
  .array(fc.record({ name: fc.constantFrom(...names), n: fc.integer({ min: 0, max: 9 }) }), {
    minLength: 1,
    maxLength: 4,
  })
  .map(calls =>
    calls.map(({ name, n }, index): Proposed => ({ id: `call-${index}`, name, input: { n: n * 10 + index } })),
  )
const effect = fc.constantFrom<Effect>('allow', 'deny', 'require_approval')
const effects = fc.record({ read: effect, pay: effect, wipe: effect })
const path = fc.constantFrom(...paths)

/** Evaluators that answer as they should, and that do not. */
const answers: Readonly<Record<string, Evaluator['evaluate']>> = {
  allows: () => ({ enforcedVerdict: 'allowed' }),
  denies: () => ({ enforcedVerdict: 'blocked' }),
  'asks for approval': () => ({ enforcedVerdict: 'requires_approval' }),
  throws: () => {
    throw new Error('down')
  },
  'answers nothing': () => undefined as never,
  'answers with an unknown word': () => ({ enforcedVerdict: 'sure', recommendation: 'yes' }),
}

function policyOf(wanted: Readonly<Record<Name, Effect>>) {
  return names.map(name => rule(name, { tools: [name], effect: wanted[name] }))
}

describe('law 1: nothing unallowed runs', () => {
  it('whatever the policy, the evaluator and the way in, what ran was allowed, once, under the one decision of its call', async () => {
    await fc.assert(
      fc.asyncProperty(
        effects,
        anyCalls,
        path,
        fc.constantFrom(...Object.keys(answers)),
        async (wanted, calls, way, answer) => {
          const ran: string[] = []
          const evaluate = answers[answer] as Evaluator['evaluate']
          const governor = createGovernor({ policy: policyOf(wanted), store: memoryStore(), decisions: { evaluate } })
          await way.go(notingTools(ran), governor, calls)
          const decisions = await governor.decisions.list()
          const allowed = new Set(
            decisions.filter(decision => decision.result === 'allowed').map(decision => decision.callId),
          )
          const expected = calls
            .filter(call => allowed.has(call.id))
            .map(({ name, input }) => `${name} ${(input as { n: number }).n}`)
          expect(ran.toSorted()).toEqual(expected.toSorted())
          expect(decisions.map(decision => decision.callId).toSorted()).toEqual(calls.map(call => call.id))
          const mayRun = answer === 'allows' ? calls.filter(call => wanted[call.name as Name] === 'allow').length : 0
          expect(ran).toHaveLength(mayRun)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('no history of approvals makes a call run', async () => {
    await fc.assert(
      fc.asyncProperty(
        effects,
        anyCalls,
        fc.constantFrom(...sdks),
        fc.boolean(),
        fc.boolean(),
        async (wanted, calls, sdk, hook, automatic) => {
          const ran: string[] = []
          const governor = createGovernor({ policy: policyOf(wanted), store: memoryStore() })
          const wrapped = hook ? withGovernance(notingTools(ran), { governor }) : governed(notingTools(ran), governor)
          const messages: ModelMessage[] = [
            { role: 'user', content: 'go' },
            {
              role: 'assistant',
              content: calls.flatMap(({ id, name, input }) => [
                { type: 'tool-call' as const, toolCallId: id, toolName: name, input },
                {
                  type: 'tool-approval-request' as const,
                  approvalId: `a-${id}`,
                  toolCallId: id,
                  isAutomatic: automatic,
                },
              ]),
            },
            {
              role: 'tool',
              content: calls.map(({ id }) => ({
                type: 'tool-approval-response' as const,
                approvalId: `a-${id}`,
                approved: true,
              })),
            },
          ]
          for (const run of Object.values(apis)) await run(sdk, sdk.scripted('ok'), { ...wrapped, messages })
          expect(ran).toEqual([])
        },
      ),
      { numRuns: 60 },
    )
  })
})

describe('law 9: observers never delay or break a call', () => {
  const listeners: Readonly<Record<string, Listener>> = {
    throws: () => {
      throw new Error('observer down')
    },
    rejects: async () => Promise.reject(new Error('observer down')),
    'never resolves': () => new Promise(() => undefined),
    'meddles with what it hears': (event: GovernanceEvent) => {
      if ('decision' in event) Reflect.set(event.decision, 'result', 'allowed')
    },
  }

  it('whatever listeners do, calls end as they would without them', async () => {
    await fc.assert(
      fc.asyncProperty(
        effects,
        anyCalls,
        path,
        fc.array(fc.constantFrom(...Object.keys(listeners)), { minLength: 1 }),
        async (wanted, calls, way, chosen) => {
          const outcome = async (watched: boolean) => {
            const ran: string[] = []
            const governor = createGovernor({ policy: policyOf(wanted), store: memoryStore() })
            if (watched) {
              for (const name of chosen) governor.on(listeners[name] as Listener)
              void governanceStream({ governor }).writable
            }
            await way.go(notingTools(ran), governor, calls)
            const decisions = await governor.decisions.list()
            return { ran, ended: decisions.map(({ callId, result, execution }) => [callId, result, execution?.status]) }
          }
          expect(await outcome(true)).toEqual(await outcome(false))
        },
      ),
      { numRuns: 100 },
    )
  })
})
